"""The emulator's HTTP side: which requests are answered here, and which by moto."""
