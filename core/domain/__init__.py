"""What SayWhen decides with: pure values and rules of the trade, no I/O, no clock, no third party."""
