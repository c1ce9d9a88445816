"""The stages from draft to settlement, one module each; they take ports as arguments and never reach an adapter."""
