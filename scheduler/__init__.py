"""The watching side: decides when the stages run, never what they do."""
