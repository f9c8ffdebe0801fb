"""What did customers want? Sales become demand, also where the shelf was empty."""
