"""What goes out and what comes in: a row before it is a call, stored once however often it comes."""
