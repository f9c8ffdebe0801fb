"""Was it good? Forecasts are scored, policies are replayed, differences get intervals."""
