"""The demonstration: a made-up agency with ninety days behind it and a few lively minutes ahead."""
