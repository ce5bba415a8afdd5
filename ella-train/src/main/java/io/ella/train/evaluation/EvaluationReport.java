package io.ella.train.evaluation;

import com.google.gson.JsonObject;
import io.ella.train.scenes.Fact;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * What came out. Immutable.
 *
 * @param arms the scores of each arm that has any
 * @param difference ELLA less the base model, both from dense captions, on the prompts that both
 *     have drawn; empty if there are none
 */
public record EvaluationReport(Map<Arm, Scores> arms, Optional<Scores> difference) {
    /** Copies. */
    public EvaluationReport {
        Map<Arm, Scores> copy = new EnumMap<>(Arm.class);
        copy.putAll(arms);
        arms = Collections.unmodifiableMap(copy);
    }

    /**
     * {@return the scores of one arm; empty if it has drawn nothing}
     *
     * @param arm which
     */
    public Optional<Scores> scores(Arm arm) {
        return Optional.ofNullable(arms.get(arm));
    }

    /**
     * {@return an object for each arm by its name, and {@code difference}; each with {@code
     * prompts}, {@code overall} and the kinds of facts by their names, each of these with {@code
     * value}, {@code low}, {@code high} and {@code facts}. Kinds without facts are absent}
     */
    public JsonObject toJson() {
        JsonObject json = new JsonObject();
        arms.forEach((arm, scores) -> json.add(arm.toString(), json(scores)));
        difference.ifPresent(scores -> json.add("difference", json(scores)));
        return json;
    }

    private static JsonObject json(Scores scores) {
        JsonObject json = new JsonObject();
        json.addProperty("prompts", scores.prompts());
        json.add("overall", json(scores.overall()));
        for (Fact.Kind kind : Fact.Kind.values()) {
            Estimate estimate = scores.of(kind);
            if (estimate.facts() > 0) {
                json.add(kind.name().toLowerCase(Locale.ROOT), json(estimate));
            }
        }
        return json;
    }

    private static JsonObject json(Estimate estimate) {
        JsonObject json = new JsonObject();
        json.addProperty("value", estimate.value());
        json.addProperty("low", estimate.low());
        json.addProperty("high", estimate.high());
        json.addProperty("facts", estimate.facts());
        return json;
    }
}
