"""Fine-tuning of vision-language models: recipe, questions, batches, and what watches a run."""
