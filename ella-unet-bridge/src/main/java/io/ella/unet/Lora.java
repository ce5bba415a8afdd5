package io.ella.unet;

import io.ella.core.EllaException;
import io.ella.core.graph.ParameterSpec;
import io.ella.core.weights.Safetensors;
import io.ella.core.weights.StoredTensor;
import io.ella.core.weights.WeightSource;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Low-rank changes of weights (LoRA, arXiv 2106.09685): for each weight W that it changes, two
 * factors, so that the changed weight is W + scale · alpha / rank · up · down.
 *
 * <p>Read are the files of kohya's scripts ({@code lora_unet_…}, {@code lora_te_…}; also with the
 * names of the original Stable Diffusion layout, as those for SDXL have them), of peft and of
 * diffusers in all its versions. Linear layers and convolutions can be changed. Where no alpha is
 * stored it is the rank, that is, a factor of 1.
 *
 * <pre>{@code
 * try (WeightSource base = Checkpoint.open(folder);
 *         WeightSource merged = Lora.open(file).merged(base, Lora.Part.UNET, declared, 0.8)) { … }
 * }</pre>
 *
 * <p>Immutable and thread-safe.
 */
public final class Lora {
    /** The models of a pipeline that a LoRA can change. */
    public enum Part {
        /** The U-Net. */
        UNET("the U-Net"),
        /** The text encoder; SDXL's first. */
        TEXT_ENCODER("the text encoder"),
        /** SDXL's second text encoder. */
        TEXT_ENCODER_2("the second text encoder");

        private final String description;

        Part(String description) {
            this.description = description;
        }
    }

    /** The stored tensors of one module. */
    private record Stored(
            @Nullable StoredTensor down, @Nullable StoredTensor up, @Nullable StoredTensor alpha) {

        static final Stored NOTHING = new Stored(null, null, null);

        Stored with(String kind, StoredTensor tensor) {
            return switch (kind) {
                case "down", "A" -> new Stored(tensor, up, alpha);
                case "up", "B" -> new Stored(down, tensor, alpha);
                default -> new Stored(down, up, tensor);
            };
        }
    }

    private static final int NAMED = 8;

    private static final Pattern KEY =
            Pattern.compile(
                    "(.+?)(?:\\.lora_(down|up|A|B)(?:\\.default)?\\.weight"
                            + "|(?:\\.lora_linear_layer|[._]lora)\\.(down|up)\\.weight"
                            + "|(?:\\.lora_linear_layer|[._]lora)?\\.(alpha))");

    /** Marks of other kinds of change, and what they are called. */
    private static final Map<String, String> REFUSED =
            Map.of(
                    "dora_scale", "DoRA",
                    "lora_magnitude_vector", "DoRA",
                    ".hada_", "LoHa",
                    ".lokr_", "LoKr",
                    ".lora_mid", "LoCon with Tucker decomposition",
                    ".oft_", "OFT",
                    ".diff", "a full difference of weights",
                    "bundle_emb", "LoRA bundled with embeddings");

    /** In this order: the first that fits. */
    private static final Map<String, Part> PREFIXES = new LinkedHashMap<>();

    static {
        PREFIXES.put("lora_unet_", Part.UNET);
        PREFIXES.put("lora_te1_", Part.TEXT_ENCODER);
        PREFIXES.put("lora_te2_", Part.TEXT_ENCODER_2);
        PREFIXES.put("lora_te_", Part.TEXT_ENCODER);
        PREFIXES.put("unet.", Part.UNET);
        PREFIXES.put("text_encoder.", Part.TEXT_ENCODER);
        PREFIXES.put("text_encoder_2.", Part.TEXT_ENCODER_2);
        PREFIXES.put("model.diffusion_model.", Part.UNET);
        PREFIXES.put("diffusion_model.", Part.UNET);
    }

    private final String description;
    private final LoraMetadata metadata;

    /** By part, then by the name of the module as the file has it. */
    private final Map<Part, Map<String, Stored>> parts;

    private Lora(String description, LoraMetadata metadata, Map<Part, Map<String, Stored>> parts) {
        this.description = description;
        this.metadata = metadata;
        this.parts = parts;
    }

    /**
     * Reads a file.
     *
     * @param file a {@code .safetensors} file
     * @return the LoRA
     * @throws EllaException if the file cannot be read, or holds another kind of change than LoRA
     */
    public static Lora open(Path file) {
        Safetensors source = Safetensors.open(file);
        LoraMetadata metadata = LoraMetadata.of(source.metadata(), source.description());
        Map<Part, Map<String, Stored>> parts = new EnumMap<>(Part.class);
        List<String> unknown = new ArrayList<>();
        for (String key : source.names()) {
            refuseOtherKinds(source.description(), key);
            Matcher m = KEY.matcher(key);
            if (!m.matches()) {
                unknown.add(key);
                continue;
            }
            String kind =
                    m.group(2) != null ? m.group(2) : m.group(3) != null ? m.group(3) : m.group(4);
            String module = m.group(1);
            parts.computeIfAbsent(part(module), p -> new TreeMap<>())
                    .merge(
                            module,
                            Stored.NOTHING.with(kind, source.tensor(key)),
                            (old, added) -> old.with(kind, source.tensor(key)));
        }
        if (!unknown.isEmpty() || parts.isEmpty()) {
            throw new EllaException(
                    "%s: not a LoRA: found %s, expected names that end in .lora_down.weight and .lora_up.weight, or .lora_A.weight and .lora_B.weight"
                            .formatted(
                                    source.description(),
                                    unknown.isEmpty() ? "nothing" : some(unknown)));
        }
        return new Lora(source.description(), metadata, parts);
    }

    private static void refuseOtherKinds(String description, String key) {
        for (Map.Entry<String, String> mark : REFUSED.entrySet()) {
            if (key.contains(mark.getKey())) {
                throw new EllaException(
                        "%s: \"%s\" belongs to %s, which is not supported; LoRA is. Merge it into the checkpoint with the tool that made it"
                                .formatted(description, key, mark.getValue()));
            }
        }
    }

    private static Part part(String module) {
        String name = withoutWrapper(module);
        return PREFIXES.entrySet().stream()
                .filter(e -> name.startsWith(e.getKey()))
                .map(Map.Entry::getValue)
                .findFirst()
                .orElse(Part.UNET); // diffusers' first versions had LoRA for nothing else
    }

    private static String withoutWrapper(String module) {
        String wrapper = "base_model.model.";
        return module.startsWith(wrapper) ? module.substring(wrapper.length()) : module;
    }

    /** {@return the path of the file} */
    public String description() {
        return description;
    }

    /** {@return what it changes} */
    public Set<Part> parts() {
        return Set.copyOf(parts.keySet());
    }

    /**
     * {@return a view of a model's weights with this LoRA added to them}
     *
     * <p>Each changed weight is computed in F32 when it is asked for; the others are the base's.
     * Several LoRAs are merged one over the other. Closing the view closes the base.
     *
     * @param base the weights to change
     * @param part what they are the weights of
     * @param declared the parameters of that model
     * @param scale how strongly: 1 as trained, 0 not at all
     * @throws EllaException if the LoRA changes modules that the model does not have, or has
     *     factors that do not fit them
     */
    public WeightSource merged(
            WeightSource base, Part part, Collection<ParameterSpec> declared, double scale) {
        Map<String, Stored> modules = parts.getOrDefault(part, Map.of());
        Map<String, ParameterSpec> targets = targets(part, declared);
        Map<String, LoraFactors> factors = new HashMap<>();
        List<String> unmatched = new ArrayList<>();
        modules.forEach(
                (module, stored) -> {
                    ParameterSpec target = targets.get(underscored(part, module));
                    if (target == null) {
                        unmatched.add(module);
                    } else if (factors.put(target.name(), factors(module, stored, target, scale))
                            != null) {
                        throw new EllaException(
                                "%s: it has \"%s\" twice, under different names"
                                        .formatted(description, target.name()));
                    }
                });
        if (!unmatched.isEmpty()) {
            throw new EllaException(
                    "%s: %d of the %d modules that it changes are not in %s: %s. Is this a LoRA for another model?"
                            .formatted(
                                    description,
                                    unmatched.size(),
                                    modules.size(),
                                    part.description,
                                    some(unmatched)));
        }
        return new LoraSource(base, description, factors);
    }

    private LoraFactors factors(String module, Stored stored, ParameterSpec target, double scale) {
        if (stored.down() == null || stored.up() == null) {
            throw new EllaException(
                    "%s: \"%s\" has only one of its two factors. Is the file complete?"
                            .formatted(description, module));
        }
        LoraFactors.check(description, module, stored.down(), stored.up(), target);
        int rank = stored.down().shape().get(0).intValue();
        double ratio;
        if (stored.alpha() != null) {
            if (stored.alpha().elements() != 1) {
                throw new EllaException(
                        "%s: \"%s.alpha\" is %s, expected one number"
                                .formatted(description, module, stored.alpha().shape()));
            }
            ratio = stored.alpha().floatArray()[0] / rank;
        } else {
            ratio = metadata.ratio(withoutWrapper(module), rank);
        }
        return new LoraFactors(stored.up(), stored.down(), rank, (float) (scale * ratio));
    }

    /** The weights that can be changed, by all spellings of the names of their modules. */
    private static Map<String, ParameterSpec> targets(
            Part part, Collection<ParameterSpec> declared) {
        OriginalUNetNames original =
                OriginalUNetNames.of(declared.stream().map(ParameterSpec::name).toList());
        Map<String, ParameterSpec> targets = new HashMap<>();
        for (ParameterSpec spec : declared) {
            String ending = ".weight";
            if (!spec.name().endsWith(ending) || spec.shape().size() < 2) {
                continue;
            }
            String module = spec.name().substring(0, spec.name().length() - ending.length());
            targets.put(module.replace('.', '_'), spec);
            if (part == Part.UNET) {
                Optional<String> name = original.of(module);
                name.ifPresent(n -> targets.put(n.replace('.', '_'), spec));
            } else {
                String prefix = "text_model.";
                String other =
                        module.startsWith(prefix)
                                ? module.substring(prefix.length())
                                : prefix + module;
                targets.put(other.replace('.', '_'), spec);
            }
        }
        return targets;
    }

    /** The name of a module in the spelling that all formats can be brought to. */
    private static String underscored(Part part, String module) {
        String name = withoutWrapper(module);
        for (String prefix : PREFIXES.keySet()) {
            if (name.startsWith(prefix)) {
                name = name.substring(prefix.length());
                break;
            }
        }
        // Diffusers' attention processors held the factors of the layers beside them.
        if (name.contains(".processor.")) {
            name = name.replace(".processor.", ".").replaceFirst("\\.to_out$", ".to_out.0");
        }
        if (part != Part.UNET) {
            name =
                    name.replaceFirst("\\.self_attn\\.to_([qkv])$", ".self_attn.$1_proj")
                            .replaceFirst("\\.self_attn\\.to_out$", ".self_attn.out_proj");
        }
        return name.replace('.', '_');
    }

    private static String some(List<String> names) {
        String first = String.join(", ", names.stream().limit(NAMED).toList());
        return names.size() <= NAMED ? first : first + " and " + (names.size() - NAMED) + " more";
    }
}
