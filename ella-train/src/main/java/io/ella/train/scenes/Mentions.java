package io.ella.train.scenes;

import java.util.List;

/**
 * Where a caption names the objects of a scene.
 *
 * <p>The token of a shape, behind a colour, has the object's whole name before it.
 */
public final class Mentions {
    /** A texture may stand between a colour and the shape. */
    private static final int REACH = 2;

    private Mentions() {}

    /**
     * Finds the nouns.
     *
     * @param scene what the caption is about
     * @param caption as {@link ShortCaption} and {@link DenseCaption} write them
     * @return for each object of the scene the number of the token of {@link SceneVocabulary} that
     *     is its shape's word where it is named first, or -1 if it is not named
     */
    public static int[] nouns(Scene scene, String caption) {
        List<String> words = SceneVocabulary.words(caption);
        return scene.objects().stream().mapToInt(object -> noun(object, words)).toArray();
    }

    private static int noun(SceneObject object, List<String> words) {
        for (int i = 0; i < words.size(); i++) {
            List<String> before = words.subList(Math.max(0, i - REACH), i);
            if (words.get(i).equals(object.shape().word())
                    && before.contains(object.colour().word())) {
                return i;
            }
        }
        return -1;
    }
}
