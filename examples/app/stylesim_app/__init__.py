"""A small web app on stylesim, as a model for those who build their own.

``server`` puts the app together; ``pages`` and ``api`` are its two faces; both call ``actions``,
which checks what came; ``sessions`` keeps it, and ``engine`` does the long work in one thread.
"""
