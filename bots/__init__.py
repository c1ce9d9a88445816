"""Chat surfaces: decide how people and the engine talk on each channel, never what a rule means."""
