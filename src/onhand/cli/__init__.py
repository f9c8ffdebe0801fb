"""How do people ask? One file per verb; each calls one library function."""
