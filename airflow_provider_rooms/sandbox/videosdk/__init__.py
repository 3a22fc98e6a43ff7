"""VideoSDK as the sandbox plays it."""
