"""The invented names the server's objects carry."""

PEOPLE = (
    "Tansy Brambleby",
    "Orrin Quillfeather",
    "Åse Nordlykt",
    "Pim van der Windmolen",
    "Zoë Käferstern",
    "Wren Thistlewick",
    "Iñigo Campanario",
    "Marlow Inkpotts",
    "Łucja Zielonomost",
    "Bramwell Dapplecote",
    "Suzu Hoshikage",
    "Fennel Gatherwood",
)
ANYONE = "Anyone"

PROJECTS = ("Lantern", "Heron", "Juniper", "Quarry", "Saffron", "Tideway", "Umber", "Willow")
RELEASE_TEXTS = ("Scheduled train.", "Fixes only.", "Carries the new checkout: see the notes.")
ENVIRONMENTS = ("UAT", "Staging", "Pre-production", "")
FOLDERS = ("Sign-in", "Basket", "Checkout", "Refunds", "Search", "Reports", "Accessibility")

ACTIONS = ("Open", "Create", "Edit", "Cancel", "Export", "Filter", "Approve", "Restore")
THINGS = ("an order", "a refund", "a basket", "an invoice", "a payout", "a café address", "a user")
CONDITIONS = ("with an expired card", "as a guest", "twice in a row", "offline", "in Japanese")
PRIORITIES = ("P1", "P2", "P3", "P4")
TAGS = ("smoke", "regression", "smoke regression", "payments slow")
