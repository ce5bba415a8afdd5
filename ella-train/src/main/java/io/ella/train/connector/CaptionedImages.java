package io.ella.train.connector;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import io.ella.core.EllaException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarFile;
import org.jspecify.annotations.Nullable;

/** Finds images with captions, in the three forms in which people keep them. */
public final class CaptionedImages {
    private static final Set<String> IMAGES =
            Set.of("png", "jpg", "jpeg", "gif", "bmp", "tif", "tiff", "webp");
    private static final List<String> CAPTION_KEYS = List.of("caption", "text", "prompt");

    private CaptionedImages() {}

    /**
     * {@return the images of a data set, in the order of their names or lines; those without a
     * caption are left out}
     *
     * @param path a folder with images and text files of the same name ({@code a.png}, {@code
     *     a.txt}), subfolders included; or one with webdataset archives; such an archive ({@code
     *     .tar}, of {@code a.jpg} and {@code a.txt} or {@code a.json}); or lines of JSON, each with
     *     {@code image}, a path relative to the file, and {@code caption} or {@code text}
     * @throws EllaException if the path is not there, is malformed or has no image with a caption
     */
    public static List<CaptionedImage> open(Path path) {
        List<CaptionedImage> images;
        try {
            if (Files.isDirectory(path)) {
                images = folder(path);
            } else if (!Files.exists(path)) {
                throw new EllaException(
                        path
                                + " does not exist. Name a folder of images with .txt files, a .jsonl or a .tar");
            } else if (extension(path.toString()).equals("tar")) {
                images = archive(path);
            } else {
                images = lines(path);
            }
        } catch (IOException e) {
            throw new EllaException(path + " cannot be read: " + e, e);
        }
        if (images.isEmpty()) {
            throw new EllaException(
                    path
                            + " has no image with a caption: each needs a .txt file of the same name beside it");
        }
        return images;
    }

    private static List<CaptionedImage> folder(Path folder) throws IOException {
        List<Path> files;
        try (Stream<Path> walk = Files.walk(folder)) {
            files = walk.filter(Files::isRegularFile).sorted().toList();
        }
        List<CaptionedImage> images = new ArrayList<>();
        for (Path file : files) {
            String name = file.toString();
            Path text = Path.of(stem(name) + ".txt");
            if (IMAGES.contains(extension(name)) && Files.exists(text)) {
                String caption = Files.readString(text).strip();
                images.add(new CaptionedImage(name, () -> Files.readAllBytes(file), caption));
            } else if (extension(name).equals("tar")) {
                images.addAll(archive(file));
            }
        }
        return images;
    }

    private static List<CaptionedImage> lines(Path file) throws IOException {
        List<CaptionedImage> images = new ArrayList<>();
        List<String> lines = Files.readAllLines(file);
        for (int i = 0; i < lines.size(); i++) {
            if (lines.get(i).isBlank()) {
                continue;
            }
            String where = file + ", line " + (i + 1);
            JsonObject json = object(lines.get(i), where);
            String image = string(json, "image");
            String caption = caption(json);
            if (image == null || caption == null) {
                throw new EllaException(
                        where
                                + ": expected \"image\", a path, and \"caption\" or \"text\", found "
                                + json.keySet());
            }
            Path path = file.resolveSibling(image);
            images.add(
                    new CaptionedImage(path.toString(), () -> Files.readAllBytes(path), caption));
        }
        return images;
    }

    /** Entries that belong together share the name up to the first dot of its last part. */
    private static List<CaptionedImage> archive(Path file) throws IOException {
        Map<String, String> captions = new LinkedHashMap<>();
        Map<String, TarArchiveEntry> pictures = new LinkedHashMap<>();
        try (TarFile tar = new TarFile(file)) {
            for (TarArchiveEntry entry : tar.getEntries()) {
                String name = entry.getName();
                if (!entry.isFile()) {
                    continue;
                }
                String key = name.substring(0, firstDot(name));
                String extension = extension(name);
                if (IMAGES.contains(extension)) {
                    pictures.put(key, entry);
                } else if (extension.equals("txt")) {
                    captions.put(key, text(tar, entry).strip());
                } else if (extension.equals("json")) {
                    String caption = caption(object(text(tar, entry), file + ", " + name));
                    if (caption != null) {
                        captions.putIfAbsent(key, caption);
                    }
                }
            }
        } catch (IllegalArgumentException e) { // what a malformed header gives
            throw new IOException(e);
        }
        List<CaptionedImage> images = new ArrayList<>();
        pictures.forEach(
                (key, entry) -> {
                    String caption = captions.get(key);
                    if (caption != null) {
                        String name = file + ", " + entry.getName();
                        images.add(new CaptionedImage(name, () -> extract(file, entry), caption));
                    }
                });
        return images;
    }

    private static byte[] extract(Path file, TarArchiveEntry entry) throws IOException {
        byte[] bytes = new byte[Math.toIntExact(entry.getSize())];
        try (InputStream in = Files.newInputStream(file)) {
            in.skipNBytes(entry.getDataOffset());
            int read = in.readNBytes(bytes, 0, bytes.length);
            if (read < bytes.length) {
                throw new IOException("the archive ends at byte " + read + " of the entry");
            }
        }
        return bytes;
    }

    private static String text(TarFile tar, TarArchiveEntry entry) throws IOException {
        try (InputStream in = tar.getInputStream(entry)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static JsonObject object(String json, String where) {
        try {
            JsonElement element = JsonParser.parseString(json);
            if (element.isJsonObject()) {
                return element.getAsJsonObject();
            }
        } catch (JsonParseException e) {
            throw new EllaException(where + " is no JSON: " + e.getMessage(), e);
        }
        throw new EllaException(where + " is no JSON object");
    }

    private static @Nullable String caption(JsonObject json) {
        return CAPTION_KEYS.stream()
                .filter(key -> string(json, key) != null)
                .findFirst()
                .map(key -> string(json, key))
                .orElse(null);
    }

    private static @Nullable String string(JsonObject json, String key) {
        JsonElement value = json.get(key);
        boolean text = value != null && value.isJsonPrimitive();
        return text ? value.getAsString().strip() : null;
    }

    private static String extension(String name) {
        return name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
    }

    private static String stem(String name) {
        return name.substring(0, name.lastIndexOf('.'));
    }

    private static int firstDot(String name) {
        int dot = name.indexOf('.', name.lastIndexOf('/') + 1);
        return dot < 0 ? name.length() : dot;
    }
}
