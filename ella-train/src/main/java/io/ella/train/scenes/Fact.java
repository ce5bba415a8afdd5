package io.ella.train.scenes;

/**
 * One statement about a picture that can be right or wrong. Objects are numbered as in {@link
 * Scene#objects}, so that several facts can speak of the same one.
 */
public sealed interface Fact {
    /** The kinds of facts, which results are reported by. */
    enum Kind {
        /** {@link AnObject}. */
        OBJECT,
        /** {@link OfColour}. */
        COLOUR,
        /** {@link OfShape}. */
        SHAPE,
        /** {@link OfSize}. */
        SIZE,
        /** {@link OfTexture}. */
        TEXTURE,
        /** {@link Count}. */
        COUNT,
        /** {@link At}. */
        POSITION,
        /** {@link Related}. */
        RELATION,
        /** {@link Behind}. */
        BACKGROUND
    }

    /**
     * What it is about.
     *
     * @return the kind
     */
    Kind kind();

    /**
     * There is an object of this colour and shape.
     *
     * @param object its number
     * @param colour its colour
     * @param shape its shape
     */
    record AnObject(int object, Colour colour, Shape shape) implements Fact {
        @Override
        public Kind kind() {
            return Kind.OBJECT;
        }
    }

    /**
     * The object has this colour.
     *
     * @param object its number
     * @param colour its colour
     */
    record OfColour(int object, Colour colour) implements Fact {
        @Override
        public Kind kind() {
            return Kind.COLOUR;
        }
    }

    /**
     * The object has this shape.
     *
     * @param object its number
     * @param shape its shape
     */
    record OfShape(int object, Shape shape) implements Fact {
        @Override
        public Kind kind() {
            return Kind.SHAPE;
        }
    }

    /**
     * The object has this size.
     *
     * @param object its number
     * @param size its size
     */
    record OfSize(int object, Size size) implements Fact {
        @Override
        public Kind kind() {
            return Kind.SIZE;
        }
    }

    /**
     * The object has this texture.
     *
     * @param object its number
     * @param texture its texture
     */
    record OfTexture(int object, Texture texture) implements Fact {
        @Override
        public Kind kind() {
            return Kind.TEXTURE;
        }
    }

    /**
     * There are so many objects, and no more.
     *
     * @param count their number
     */
    record Count(int count) implements Fact {
        @Override
        public Kind kind() {
            return Kind.COUNT;
        }
    }

    /**
     * The object is at this place.
     *
     * @param object its number
     * @param place its place
     */
    record At(int object, Place place) implements Fact {
        @Override
        public Kind kind() {
            return Kind.POSITION;
        }
    }

    /**
     * One object lies so to another.
     *
     * @param subject the number of the one
     * @param relation how it lies
     * @param other the number of the other
     */
    record Related(int subject, Relation relation, int other) implements Fact {
        @Override
        public Kind kind() {
            return Kind.RELATION;
        }
    }

    /**
     * The background is this one.
     *
     * @param background the background
     */
    record Behind(Background background) implements Fact {
        @Override
        public Kind kind() {
            return Kind.BACKGROUND;
        }
    }
}
