package io.ella.train.evaluation;

import io.ella.core.EllaException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** What is compared: who draws, from which caption, and which facts are asked for. */
public enum Arm {
    /** The scenes as they are rendered: what the judge gets right at best. */
    RENDERS("real renders"),
    /** The renders after the model's autoencoder: what any picture of this model can reach. */
    AUTOENCODER("renders through the VAE"),
    /** The base model from short captions, which do not say all that is asked for. */
    BASE_SHORT("base, short captions"),
    /** The same pictures, asked only for what the short captions say. */
    BASE_SHORT_STATED("base, short captions, stated facts"),
    /** The base model from dense captions. */
    BASE_DENSE("base, dense captions"),
    /** The base model with ELLA in place of its text encoder, from dense captions. */
    ELLA("ELLA, dense captions");

    private final String title;

    Arm(String title) {
        this.title = title;
    }

    /** {@return what it is, for people} */
    public String title() {
        return title;
    }

    /** {@return whose pictures are judged} */
    Arm drawnAs() {
        return this == BASE_SHORT_STATED ? BASE_SHORT : this;
    }

    /** {@return the arms that judge the pictures of this one} */
    List<Arm> judgedAs() {
        return Arrays.stream(values()).filter(arm -> arm.drawnAs() == this).toList();
    }

    /** {@return how many pictures of a prompt there are: what no noise enters needs no second} */
    int images(EvaluationSettings settings) {
        return this == RENDERS || this == AUTOENCODER ? 1 : settings.images();
    }

    /**
     * {@return the arm of that name}
     *
     * @param name as {@link #toString} gives it
     * @throws EllaException if there is none
     */
    public static Arm of(String name) {
        return Arrays.stream(values())
                .filter(arm -> arm.toString().equals(name))
                .findFirst()
                .orElseThrow(
                        () ->
                                new EllaException(
                                        "\"%s\" is no arm of an evaluation; there are %s"
                                                .formatted(name, Arrays.toString(values()))));
    }

    /** {@return the name in files, such as {@code base-dense}} */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
