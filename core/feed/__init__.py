"""The only way out: turns events into cards for people and envelopes for machines; never decides what happened."""
