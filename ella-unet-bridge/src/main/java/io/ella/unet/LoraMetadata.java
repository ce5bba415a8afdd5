package io.ella.unet;

import io.ella.core.EllaException;
import io.ella.core.config.Config;
import java.util.Map;
import java.util.Optional;

/**
 * The alphas of a LoRA whose file has them in its metadata, as recent versions of diffusers write
 * it: peft's configuration of each part, its keys preceded by the name of the part.
 */
final class LoraMetadata {
    private static final String KEY = "lora_adapter_metadata";

    private final Config settings;

    private LoraMetadata(Config settings) {
        this.settings = settings;
    }

    static LoraMetadata of(Map<String, String> metadata, String description) {
        return new LoraMetadata(
                Config.parse(metadata.getOrDefault(KEY, "{}"), description + " " + KEY));
    }

    /**
     * {@return alpha / rank; 1 where nothing is said}
     *
     * @param module its full name, in peft's spelling
     */
    double ratio(String module, int rank) {
        int dot = module.indexOf('.');
        String first = dot < 0 ? "" : module.substring(0, dot + 1);
        String prefix = settings.has(first + "lora_alpha") ? first : "";
        if (settings.bool(prefix + "use_dora", false)) {
            throw new EllaException(
                    settings.origin() + ": it is DoRA, which is not supported; LoRA is");
        }
        double alpha =
                pattern(prefix + "alpha_pattern", module)
                        .orElse(settings.number(prefix + "lora_alpha", rank));
        // rank-stabilised LoRA, arXiv 2312.03732
        boolean stabilised = settings.bool(prefix + "use_rslora", false);
        return stabilised ? alpha / Math.sqrt(rank) : alpha / rank;
    }

    private Optional<Double> pattern(String key, String module) {
        if (!settings.has(key)) {
            return Optional.empty();
        }
        Config alphas = settings.object(key);
        return alphas.keys().stream()
                .filter(suffix -> module.equals(suffix) || module.endsWith("." + suffix))
                .findFirst()
                .map(suffix -> alphas.number(suffix, 0));
    }
}
