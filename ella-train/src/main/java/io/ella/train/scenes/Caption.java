package io.ella.train.scenes;

import java.util.List;

/**
 * What is said about a scene. Immutable.
 *
 * @param text in lower case, of the words of {@link SceneVocabulary}
 * @param facts what it states, each once, in the order of the text as far as there is one
 */
public record Caption(String text, List<Fact> facts) {
    /** Copies. */
    public Caption {
        facts = List.copyOf(facts);
    }
}
