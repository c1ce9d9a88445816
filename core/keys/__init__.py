"""Keys at rest and sign-in by wallet: decides who may sign, never what is signed."""
