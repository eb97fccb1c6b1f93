"""Language models beside the instrument: what they are asked, and whether their words hold."""
