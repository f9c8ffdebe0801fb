"""How does stock move, and what does it cost? The physics, twice: plain and compiled."""
