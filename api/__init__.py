"""The web surface: decides how requests and live updates look on the wire, never what a rule means."""
