"""What may they want next? Histories become joint sample paths of the future."""
