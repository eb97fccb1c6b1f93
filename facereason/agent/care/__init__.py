"""What of a model's words is not passed on: names, sensitive attributes, the fruits of orders in photos."""
