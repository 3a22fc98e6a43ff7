"""The contract of a vendor in small parts: what it must say about its API, and what it may leave out.

Required are a sign-in, the options of a room and the life of a room (``rooms.py``). Sessions, recordings and joining are
optional: what a vendor lacks refuses with an error that says so. ``vendors/base.py`` puts the parts together, and
``checks.py`` looks at a vendor's class when it is made.
"""

from __future__ import annotations
