"""What is learnt from responses: fits, comparison, tuning, figures."""
