package io.ella.core.weights;

import io.ella.core.EllaException;
import io.ella.core.graph.ParameterSpec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The files that a {@code *.safetensors.index.json} names, as one source. */
final class ShardedSource implements WeightSource {

    private static final long MAX_INDEX = 100_000_000;

    private final String description;
    private final Map<String, Safetensors> shardOf;

    private ShardedSource(String description, Map<String, Safetensors> shardOf) {
        this.description = description;
        this.shardOf = Collections.unmodifiableMap(shardOf);
    }

    static ShardedSource open(Path index) {
        Map<String, String> weightMap = readIndex(index);
        Map<String, Safetensors> shards = openShards(index, weightMap);
        weightMap.forEach(
                (name, shard) -> {
                    Safetensors source = shards.get(shard);
                    if (source == null || source.find(name).isEmpty()) {
                        throw new EllaException(
                                "%s: says that \"%s\" is in %s, but it is not. Fetch the index and its shards again, from one revision."
                                        .formatted(index, name, shard));
                    }
                });
        Map<String, Safetensors> shardOf = new LinkedHashMap<>();
        shards.forEach(
                (shard, source) -> {
                    for (String name : source.names()) {
                        Safetensors other = shardOf.put(name, source);
                        if (other != null) {
                            throw new EllaException(
                                    "%s: \"%s\" is in two shards, %s and %s. Fetch the index and its shards again, from one revision."
                                            .formatted(
                                                    index,
                                                    name,
                                                    other.description(),
                                                    source.description()));
                        }
                        if (!weightMap.containsKey(name)) {
                            throw new EllaException(
                                    "%s: does not list \"%s\", which %s holds. Fetch the index and its shards again, from one revision."
                                            .formatted(index, name, shard));
                        }
                    }
                });
        return new ShardedSource(index.toString(), shardOf);
    }

    /** The shards' names by the names of the tensors. */
    private static Map<String, String> readIndex(Path index) {
        ByteBuffer bytes;
        try {
            long size = Files.size(index);
            if (size > MAX_INDEX) {
                throw new EllaException(
                        "%s: has %d bytes, an index has at most %d."
                                .formatted(index, size, MAX_INDEX));
            }
            bytes = ByteBuffer.wrap(Files.readAllBytes(index));
        } catch (IOException e) {
            throw new EllaException(index + ": cannot be read: " + e, e);
        }
        StrictJson json = new StrictJson(index.toString(), 0, bytes);
        Map<String, String> weightMap = new LinkedHashMap<>();
        json.document(
                key -> {
                    switch (key) {
                        case "weight_map" -> weightMap.putAll(json.strings("weight_map"));
                        // Its total_size is informative only, and often wrong.
                        case "metadata" -> json.object("metadata", ignored -> json.skip());
                        default -> json.skip();
                    }
                });
        if (weightMap.isEmpty()) {
            throw new EllaException(
                    index + ": has no weight_map that names the shard of each parameter.");
        }
        return weightMap;
    }

    private static Map<String, Safetensors> openShards(Path index, Map<String, String> weightMap) {
        Map<String, Path> paths = new LinkedHashMap<>();
        List<String> absent = new ArrayList<>();
        for (String shard : new LinkedHashSet<>(weightMap.values())) {
            // A path could lead out of the folder, into any file.
            if (shard.isBlank()
                    || shard.startsWith(".")
                    || shard.chars().anyMatch(c -> c < ' ' || "/\\:".indexOf(c) >= 0)) {
                throw new EllaException(
                        "%s: the shard \"%s\" is not a plain file name.".formatted(index, shard));
            }
            Path path = index.resolveSibling(shard);
            paths.put(shard, path);
            if (!Files.isRegularFile(path)) {
                absent.add(shard);
            }
        }
        if (!absent.isEmpty()) {
            throw new EllaException(
                    "%s: %d of %d shards are missing: %s. Fetch them into the same folder."
                            .formatted(
                                    index,
                                    absent.size(),
                                    paths.size(),
                                    ParameterCheck.some(absent)));
        }
        Map<String, Safetensors> shards = new LinkedHashMap<>();
        paths.forEach((shard, path) -> shards.put(shard, Safetensors.open(path)));
        return shards;
    }

    @Override
    public String description() {
        return description;
    }

    @Override
    public Set<String> names() {
        return shardOf.keySet();
    }

    @Override
    public Optional<ParameterSpec> find(String name) {
        return Optional.ofNullable(shardOf.get(name)).flatMap(shard -> shard.find(name));
    }

    @Override
    public StoredTensor tensor(ParameterSpec spec) {
        Safetensors shard = shardOf.get(spec.name());
        if (shard == null) {
            throw ParameterCheck.missing(this, spec.name());
        }
        return shard.tensor(spec);
    }

    @Override
    public void close() {
        // The shards hold nothing that needs closing.
    }
}
