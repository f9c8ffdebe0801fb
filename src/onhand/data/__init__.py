"""What happened? Tables come in, are checked, and become a panel."""
