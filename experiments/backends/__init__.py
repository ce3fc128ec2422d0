"""Engines that run a plan, behind one interface."""
