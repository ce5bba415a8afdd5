package io.ella.train.scenes;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/** The parts that sentences are made of. */
final class Phrases {
    private static final List<String> NUMBERS = List.of("one", "two", "three", "four");

    private Phrases() {}

    /** Words that may stand before a noun, and the noun: {@code small blue striped square}. */
    static String noun(
            RandomGenerator random, SceneObject object, boolean withSize, boolean withTexture) {
        List<String> words = new ArrayList<>();
        if (withSize) {
            words.add(size(random, object.size()));
        }
        String texture = object.texture().word();
        boolean textureFirst = Seeds.chance(random, 0.3);
        if (withTexture && textureFirst) {
            words.add(texture);
        }
        words.add(object.colour().word());
        if (withTexture && !textureFirst) {
            words.add(texture);
        }
        words.add(object.shape().word());
        return String.join(" ", words);
    }

    static String size(RandomGenerator random, Size size) {
        return switch (size) {
            case SMALL -> "small";
            case MEDIUM -> Seeds.chance(random, 0.3) ? "medium sized" : "medium";
            case LARGE -> Seeds.chance(random, 0.25) ? "big" : "large";
        };
    }

    /** {@code a red circle}, {@code an orange circle}. */
    static String indefinite(String noun) {
        return ("aeiou".indexOf(noun.charAt(0)) >= 0 ? "an " : "a ") + noun;
    }

    /** {@code a gray background}. */
    static String background(Background background) {
        return indefinite(background.word() + " background");
    }

    /** {@code in the top left corner}. */
    static String place(RandomGenerator random, Place place) {
        return switch (place) {
            case TOP_LEFT -> corner(random, "top left");
            case TOP_RIGHT -> corner(random, "top right");
            case BOTTOM_LEFT -> corner(random, "bottom left");
            case BOTTOM_RIGHT -> corner(random, "bottom right");
            case TOP -> Seeds.pick(random, List.of("at the top", "at the top center"));
            case BOTTOM -> Seeds.pick(random, List.of("at the bottom", "at the bottom center"));
            case LEFT -> Seeds.pick(random, List.of("on the left", "on the left side"));
            case RIGHT -> Seeds.pick(random, List.of("on the right", "on the right side"));
            case CENTER -> Seeds.pick(random, List.of("in the center", "in the middle"));
        };
    }

    private static String corner(RandomGenerator random, String corner) {
        return "in the " + corner + (Seeds.chance(random, 0.4) ? " corner" : "");
    }

    /** {@code to the left of}. */
    static String relation(RandomGenerator random, Relation relation) {
        return switch (relation) {
            case LEFT_OF ->
                    Seeds.pick(random, List.of("to the left of", "to the left of", "left of"));
            case RIGHT_OF ->
                    Seeds.pick(random, List.of("to the right of", "to the right of", "right of"));
            case ABOVE -> "above";
            case BELOW -> Seeds.pick(random, List.of("below", "below", "under"));
        };
    }

    /** {@code three}. */
    static String number(int count) {
        return NUMBERS.get(count - 1);
    }

    /** {@code three objects}. */
    static String objects(RandomGenerator random, int count) {
        String noun = Seeds.chance(random, 0.75) ? "object" : "thing";
        return number(count) + " " + noun + (count == 1 ? "" : "s");
    }

    /** {@code picture}. */
    static String picture(RandomGenerator random) {
        return Seeds.pick(random, List.of("picture", "picture", "image"));
    }
}
