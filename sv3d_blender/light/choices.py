"""The two lights a scene can have, as EnumProperty wants them."""

LIGHTS = (
    (
        "PICTURE",
        "Picture's Light",
        "Light the scene as the picture was lit, by a World. Press it again once the object has been turned. "
        "With the view transform Standard, colours are those of the picture",
    ),
    ("SCENE", "My Scene's Light", "Give the scene its own World again, as it was"),
)
