"""What should we do? One folder per kind of decision; none imports another."""
