"""Price sources behind one port: decides what was observed, when and by whom, never what follows from it."""
