"""Where orders go, behind one port: each venue decides how to send and what is proven, never whether to trade."""
