"""A Solana node on loopback with a program of Drift's rules on it, for `--venue drift-emulator` and for tests."""
