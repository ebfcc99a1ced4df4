"""The provider that writes samples from the inputs, without a key."""
