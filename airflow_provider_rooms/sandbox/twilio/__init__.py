"""Twilio Video as the sandbox plays it."""
