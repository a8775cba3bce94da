"""What is printed: the personal form as on paper, a person's own copy."""
