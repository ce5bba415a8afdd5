package io.ella.core.weights;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ella.core.EllaException;
import io.ella.core.graph.ParameterSpec;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class SafetensorsTest extends NamedSourceContract {

    /** Every type, as the reference implementation lays them out. */
    private static final String REFERENCE_HEADER =
            "{'__metadata__':{'format':'pt'},"
                    + "'l':{'dtype':'I64','shape':[2],'data_offsets':[0,16]},"
                    + "'d':{'dtype':'F64','shape':[1],'data_offsets':[16,24]},"
                    + "'a':{'dtype':'F32','shape':[2,0],'data_offsets':[24,24]},"
                    + "'z':{'dtype':'F32','shape':[2,2],'data_offsets':[24,40]},"
                    + "'i32':{'dtype':'I32','shape':[],'data_offsets':[40,44]},"
                    + "'bf':{'dtype':'BF16','shape':[1,2],'data_offsets':[44,48]},"
                    + "'h':{'dtype':'F16','shape':[3],'data_offsets':[48,54]},"
                    + "'i16':{'dtype':'I16','shape':[1],'data_offsets':[54,56]},"
                    + "'i8':{'dtype':'I8','shape':[1],'data_offsets':[56,57]},"
                    + "'u':{'dtype':'U8','shape':[2],'data_offsets':[57,59]},"
                    + "'b':{'dtype':'BOOL','shape':[3],'data_offsets':[59,62]}} ";

    private static final String REFERENCE_DATA =
            "09000000000000000800000000000000000000000000f83f"
                    + "0000000000000000000000000000000005000000803f0040003c004000420300ff"
                    + "0102010001";

    private final Path folder;

    SafetensorsTest(@TempDir Path folder) {
        this.folder = folder;
    }

    private Path reference() {
        byte[] header = REFERENCE_HEADER.replace('\'', '"').getBytes(UTF_8);
        byte[] data = HexFormat.of().parseHex(REFERENCE_DATA);
        byte[] bytes =
                Arrays.copyOf(Tensors.length(header.length), 8 + header.length + data.length);
        System.arraycopy(header, 0, bytes, 8, header.length);
        System.arraycopy(data, 0, bytes, 8 + header.length, data.length);
        return Tensors.write(folder.resolve("reference.safetensors"), bytes);
    }

    @Override
    WeightSource source() {
        return Safetensors.open(reference());
    }

    @Override
    Map<ParameterSpec, float[]> expected() {
        return Map.ofEntries(
                Map.entry(ParameterSpec.of("l", 2), new float[] {9, 8}),
                Map.entry(ParameterSpec.of("d", 1), new float[] {1.5f}),
                Map.entry(ParameterSpec.of("a", 2, 0), new float[0]),
                Map.entry(ParameterSpec.of("z", 2, 2), new float[4]),
                Map.entry(ParameterSpec.of("i32"), new float[] {5}),
                Map.entry(ParameterSpec.of("bf", 1, 2), new float[] {1, 2}),
                Map.entry(ParameterSpec.of("h", 3), new float[] {1, 2, 3}),
                Map.entry(ParameterSpec.of("i16", 1), new float[] {3}),
                Map.entry(ParameterSpec.of("i8", 1), new float[] {-1}),
                Map.entry(ParameterSpec.of("u", 2), new float[] {1, 2}),
                Map.entry(ParameterSpec.of("b", 3), new float[] {1, 0, 1}));
    }

    @Test
    void listsNamesAndMetadataInTheOrderOfTheFile() {
        try (Safetensors file = Safetensors.open(reference())) {
            assertThat(file.names())
                    .containsExactly("l", "d", "a", "z", "i32", "bf", "h", "i16", "i8", "u", "b");
            assertThat(file.metadata()).containsExactly(Map.entry("format", "pt"));
            assertThat(file.tensor("bf").dtype()).isEqualTo(DType.BF16);
        }
    }

    @Test
    void theOnlyTensorOfAFileIsReadWithoutMappingIt() {
        Path one = folder.resolve("one.safetensors");
        StoredTensor tensor = StoredTensor.of("x", new float[] {1.5f, -2}, 1, 2);
        Safetensors.write(one, Map.of("a", "b"), List.of(tensor.to(DType.F16)));
        assertThat(Safetensors.floats(one)).containsExactly(1.5f, -2);
        assertThatThrownBy(() -> Safetensors.floats(reference()))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("holds 11 tensors, expected one");
        assertThatThrownBy(() -> Safetensors.floats(folder.resolve("absent.safetensors")))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("absent.safetensors: cannot be read");
    }

    @Test
    void writesTheBytesOfTheReference() throws IOException {
        Path copy = folder.resolve("copy.safetensors");
        try (Safetensors file = Safetensors.open(reference())) {
            List<StoredTensor> shuffled = file.names().stream().sorted().map(file::tensor).toList();
            Safetensors.write(copy, file.metadata(), shuffled);
        }
        assertThat(copy).hasSameBinaryContentAs(reference());
        assertThat(Files.getPosixFilePermissions(copy))
                .isEqualTo(Files.getPosixFilePermissions(reference()));
    }

    @Test
    void survivesTheRoundTripWithAwkwardNames() {
        Path path = folder.resolve("awkward.safetensors");
        List<String> names = List.of("", "größe 🎨", "quote\"back\\slash", "line\nbreak", "a/b.c");
        Map<String, String> metadata = Map.of("ключ", "{\"json\": [1]}");
        Safetensors.write(
                path, metadata, names.stream().map(n -> Tensors.counting(n, 1, 3)).toList());
        try (Safetensors file = Safetensors.open(path)) {
            assertThat(file.names()).containsExactlyInAnyOrderElementsOf(names);
            assertThat(file.metadata()).isEqualTo(metadata);
            assertThat(file.tensor("größe 🎨").floatArray()).containsExactly(0, 1, 2);
        }
    }

    @Test
    void holdsNoTensorsAtAll() {
        Path path = folder.resolve("none.safetensors");
        Safetensors.write(path, Map.of(), List.of());
        try (Safetensors file = Safetensors.open(path)) {
            assertThat(file.names()).isEmpty();
            assertThat(file.metadata()).isEmpty();
        }
    }

    @Test
    void replacesAFileThatIsInUse() {
        Path path = folder.resolve("x.safetensors");
        Safetensors.write(path, Map.of(), List.of(StoredTensor.of("x", new float[] {1}, 1)));
        try (Safetensors old = Safetensors.open(path)) {
            Safetensors.write(path, Map.of(), List.of(StoredTensor.of("y", new float[] {2, 3}, 2)));
            assertThat(old.tensor("x").floatArray()).containsExactly(1);
        }
        assertThat(Safetensors.open(path).names()).containsExactly("y");
    }

    @Test
    void aFailedWriteLeavesNothingBehind() throws IOException {
        Path path = folder.resolve("x.safetensors");
        Safetensors.write(path, Map.of(), List.of(Tensors.counting("x", 2, 2)));
        byte[] before = Files.readAllBytes(path);
        Thread.currentThread().interrupt(); // closes the channel at the first write
        assertThatThrownBy(
                        () ->
                                Safetensors.write(
                                        path, Map.of(), List.of(Tensors.counting("y", 3, 3))))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining(path + ": cannot be written");
        assertThat(Thread.interrupted()).isTrue();
        assertThat(path).hasBinaryContent(before);
        assertThat(folder).isDirectoryNotContaining(file -> !file.equals(path));
    }

    @Test
    void refusesWhatCannotBeWritten() {
        StoredTensor x = Tensors.counting("x", 1, 1);
        Path path = folder.resolve("x.safetensors");
        assertThatThrownBy(() -> Safetensors.write(path, Map.of(), List.of(x, x)))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("2 tensors have 1 names");
        assertThatThrownBy(
                        () -> Safetensors.write(path, Map.of(), List.of(x.renamed("__metadata__"))))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("__metadata__");
        assertThatThrownBy(() -> Safetensors.write(path, Map.of(), List.of(x.renamed("\ud800"))))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("not Unicode");
        assertThatThrownBy(
                        () ->
                                Safetensors.write(
                                        folder.resolve("absent/x.safetensors"),
                                        Map.of(),
                                        List.of()))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("does not exist; create it");
        assertThatThrownBy(() -> Safetensors.write(folder, Map.of(), List.of()))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("is a folder");
        assertThat(folder).isEmptyDirectory();
    }

    static Stream<Arguments> malformedHeaders() {
        String x = "'x':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}";
        return Stream.of(
                Arguments.of("[]", 0, "byte 8: the header is not a JSON object"),
                Arguments.of(" {}", 0, "byte 8: the header is not a JSON object"),
                Arguments.of("", 0, "byte 8: the header is not a JSON object"),
                Arguments.of("{", 0, "malformed JSON"),
                Arguments.of("{'x'}", 0, "malformed JSON"),
                Arguments.of("{} x", 0, "malformed JSON"),
                Arguments.of("{}{}", 0, "malformed JSON"),
                Arguments.of("{'x':1}", 0, "\"x\" is NUMBER, expected an object"),
                Arguments.of("{'x':{}}", 0, "\"x\" needs dtype, shape and data_offsets"),
                Arguments.of("{" + x + "," + x + "}", 8, "key \"x\" appears twice"),
                Arguments.of(
                        "{'\\u0078':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}," + x + "}",
                        8,
                        "key \"x\" appears twice"),
                Arguments.of(
                        "{'x':{'dtype':'F32','shape':[2],'shape':[2],'data_offsets':[0,8]}}",
                        8,
                        "key \"shape\" appears twice"),
                Arguments.of("{'__metadata__':{'a':'1','a':'2'}}", 0, "key \"a\" appears twice"),
                Arguments.of(
                        "{'__metadata__':{'a':1}}",
                        0,
                        "\"a\" of __metadata__ is NUMBER, expected a string"),
                Arguments.of("{'__metadata__':[]}", 0, "__metadata__ is BEGIN_ARRAY"),
                Arguments.of(
                        "{'__metadata__':{},'__metadata__':{}}",
                        0,
                        "key \"__metadata__\" appears twice"),
                Arguments.of(
                        "{'x':{'dtype':'F32','shape':[2],'data_offsets':[0,8],'more':1}}",
                        8,
                        "more of \"x\" is not a field of the format"),
                Arguments.of(
                        "{'x':{'dtype':'F8_E5M2','shape':[2],'data_offsets':[0,2]}}",
                        2,
                        "\"x\": dtype \"F8_E5M2\" is not supported"),
                Arguments.of(
                        "{'x':{'dtype':32,'shape':[2],'data_offsets':[0,8]}}",
                        8,
                        "dtype of \"x\" is NUMBER, expected a string"),
                Arguments.of(
                        "{'x':{'dtype':'F32','shape':2,'data_offsets':[0,8]}}",
                        8,
                        "shape of \"x\" is NUMBER, expected an array"),
                Arguments.of(
                        "{'x':{'dtype':'F32','shape':['2'],'data_offsets':[0,8]}}",
                        8,
                        "shape of \"x\" is STRING"),
                Arguments.of(
                        "{'x':{'dtype':'F32','shape':[-2],'data_offsets':[0,8]}}",
                        8,
                        "shape of \"x\" holds -2"),
                Arguments.of(
                        "{'x':{'dtype':'F32','shape':[2.0],'data_offsets':[0,8]}}",
                        8,
                        "shape of \"x\" holds 2.0"),
                Arguments.of(
                        "{'x':{'dtype':'F32','shape':[2e0],'data_offsets':[0,8]}}",
                        8,
                        "shape of \"x\" holds 2e0"),
                Arguments.of(
                        "{'x':{'dtype':'F32','shape':[9223372036854775808],'data_offsets':[0,8]}}",
                        8,
                        "shape of \"x\" holds 9223372036854775808"),
                Arguments.of(
                        "{'x':{'dtype':'F32','shape':[4294967296,4294967296],'data_offsets':[0,0]}}",
                        0,
                        "takes more bytes than can be counted"),
                Arguments.of(
                        "{'x':{'dtype':'F32','shape':[4611686018427387904],'data_offsets':[0,0]}}",
                        0,
                        "takes more bytes than can be counted"),
                Arguments.of(
                        "{'x':{'dtype':'F32','shape':[3],'data_offsets':[0,8]}}",
                        8,
                        "\"x\" F32 [3] takes 12 bytes, its data_offsets [0, 8] span 8"),
                Arguments.of(
                        "{'x':{'dtype':'F32','shape':[2],'data_offsets':[8,0]}}",
                        8,
                        "data_offsets of \"x\" are [8, 0]"),
                Arguments.of(
                        "{'x':{'dtype':'F32','shape':[2],'data_offsets':[0,4,8]}}",
                        8,
                        "data_offsets of \"x\" are [0, 4, 8]"),
                Arguments.of(
                        "{'x':{'dtype':'F32','shape':[2],'data_offsets':[-8,0]}}",
                        8,
                        "data_offsets of \"x\" holds -8"),
                Arguments.of(
                        "{'y':{'dtype':'U8','shape':[4],'data_offsets':[6,10]}," + x + "}",
                        10,
                        "\"y\" overlaps \"x\": it begins at byte 6 of the data, which ends at 8"),
                Arguments.of(
                        "{'y':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}," + x + "}",
                        8,
                        "overlaps"),
                Arguments.of(
                        "{'y':{'dtype':'U8','shape':[4],'data_offsets':[10,14]}," + x + "}",
                        14,
                        "a hole of 2 bytes lies between \"x\" and \"y\", at byte 8 of the data"),
                Arguments.of(
                        "{'x':{'dtype':'F32','shape':[2],'data_offsets':[4,12]}}",
                        12,
                        "a hole of 4 bytes lies between the header and \"x\""),
                Arguments.of("{" + x + "}", 7, "truncated: \"x\" ends at byte 8 of the data"),
                Arguments.of("{" + x + "}", 0, "truncated"),
                Arguments.of("{" + x + "}", 9, "1 bytes follow the last tensor, from byte 70"),
                Arguments.of("{}", 4, "4 bytes follow the last tensor, from byte 10"));
    }

    @ParameterizedTest
    @MethodSource("malformedHeaders")
    void refusesMalformedHeaders(String header, int dataBytes, String problem) {
        Path path = folder.resolve("bad.safetensors");
        Tensors.file(path, header.replace('\'', '"'), dataBytes);
        assertThatThrownBy(() -> Safetensors.open(path))
                .isInstanceOf(EllaException.class)
                .hasMessageStartingWith(path + ": ")
                .hasMessageContaining(problem);
    }

    @Test
    void acceptsOffsetsInAnyOrderOfKeys() {
        Path path =
                Tensors.file(
                        folder.resolve("order.safetensors"),
                        "{\"y\":{\"data_offsets\":[2,3],\"shape\":[],\"dtype\":\"U8\"},"
                                + "\"e\":{\"dtype\":\"F64\",\"shape\":[0],\"data_offsets\":[2,2]},"
                                + "\"x\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]}}   ",
                        3);
        try (Safetensors file = Safetensors.open(path)) {
            assertThat(file.names()).containsExactly("x", "e", "y");
            assertThat(file.tensor("y").longArray()).containsExactly(2);
        }
    }

    @Test
    void locatesWhatIsNotUtf8() {
        byte[] header = "{\"\u00e4\":1}".getBytes(ISO_8859_1);
        Path path = Tensors.file(folder.resolve("latin.safetensors"), header, 0);
        assertThatThrownBy(() -> Safetensors.open(path))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("byte 10 is not UTF-8");
        byte[] overlong = {'{', '"', (byte) 0xc0, (byte) 0x80, '"', ':', '1', '}'};
        Tensors.file(path, overlong, 0);
        assertThatThrownBy(() -> Safetensors.open(path))
                .hasMessageContaining("byte 10 is not UTF-8");
    }

    @Test
    void refusesImpossibleHeaderLengths() {
        Path path = folder.resolve("length.safetensors");
        for (long length : new long[] {100_000_001, Long.MAX_VALUE, -1}) {
            Tensors.write(path, Tensors.length(length));
            assertThatThrownBy(() -> Safetensors.open(path))
                    .isInstanceOf(EllaException.class)
                    .hasMessageContaining(
                            "byte 0: the header length is %s, allowed are 100000000 bytes"
                                    .formatted(Long.toUnsignedString(length)));
        }
        Tensors.write(path, Tensors.length(100));
        assertThatThrownBy(() -> Safetensors.open(path))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("100, past the end of the file of 8 bytes");
        Tensors.write(path, new byte[7]);
        assertThatThrownBy(() -> Safetensors.open(path))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("has 7 bytes");
        Tensors.write(path, new byte[0]);
        assertThatThrownBy(() -> Safetensors.open(path))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("has 0 bytes");
    }

    /** No cut of a file may open, nor fail in another way. */
    @Test
    void refusesEveryTruncation() throws IOException {
        byte[] whole = Files.readAllBytes(reference());
        Path path = folder.resolve("cut.safetensors");
        for (int size = 0; size < whole.length; size++) {
            Tensors.write(path, Arrays.copyOf(whole, size));
            assertThatThrownBy(() -> Safetensors.open(path)).isInstanceOf(EllaException.class);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"a.ckpt", "pytorch_model.bin", "a.pt", "a.PTH", "a.pkl"})
    void refusesPicklesByName(String name) {
        Path path = Tensors.write(folder.resolve(name), new byte[100]);
        assertThatThrownBy(() -> Safetensors.open(path))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("can execute code")
                .hasMessageContaining("convert it");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "504b0304000008080000000000000000", // PyTorch's ZIP
                "80028a0a6cfc9c46f920", // PyTorch before 1.6
                "80049517000000000000008c"
            })
    void refusesPicklesByTheirFirstBytes(String hex) {
        Path path =
                Tensors.write(
                        folder.resolve("disguised.safetensors"), HexFormat.of().parseHex(hex));
        assertThatThrownBy(() -> Safetensors.open(path))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("is a Python pickle");
    }

    @Test
    void aHeaderLengthThatLooksLikeAPickleIsNone() {
        String header = "{}" + " ".repeat(0x0280 - 2); // length bytes 80 02, like protocol 2
        Path path = Tensors.file(folder.resolve("x.safetensors"), header, 0);
        assertThat(Safetensors.open(path).names()).isEmpty();
    }

    @Test
    void recognisesPointersAndWebPages() {
        Path path = folder.resolve("x.safetensors");
        Tensors.write(path, "version https://git-lfs.github.com/spec/v1\n".getBytes(UTF_8));
        assertThatThrownBy(() -> Safetensors.open(path)).hasMessageContaining("git lfs pull");
        Tensors.write(path, "<!DOCTYPE html><html></html>".getBytes(UTF_8));
        assertThatThrownBy(() -> Safetensors.open(path)).hasMessageContaining("web page");
    }

    @Test
    void refusesWhatIsNoFile() {
        assertThatThrownBy(() -> Safetensors.open(folder))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("is a folder");
        assertThatThrownBy(() -> Safetensors.open(folder.resolve("absent")))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("no such file");
        assertThatThrownBy(() -> Safetensors.open(Path.of("")))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("blank");
    }

    /** The windows of a large file, made small. */
    @ParameterizedTest
    @ValueSource(ints = {8, 12, 16, 20, 24, 48, 1000})
    void windowsDoNotChangeWhatIsRead(int window) {
        Path path = folder.resolve("w.safetensors");
        List<StoredTensor> tensors =
                List.of(
                        Tensors.counting("a", 1, 1),
                        Tensors.counting("b", 5, 2),
                        Tensors.counting("c", 2, 7),
                        StoredTensor.of("d", new float[0], 0),
                        StoredTensor.of("e", new long[] {5, 6, 7}, 3),
                        Tensors.counting("f", 1, 2));
        Safetensors.write(path, Map.of(), tensors);
        try (Safetensors file = Safetensors.open(path, window)) {
            for (StoredTensor tensor : tensors) {
                StoredTensor found = file.tensor(tensor.name());
                assertThat(Tensors.bytes(found)).isEqualTo(Tensors.bytes(tensor));
                assertThat(found.parts())
                        .allSatisfy(
                                part -> assertThat(part.capacity()).isLessThanOrEqualTo(window));
            }
            assertThat(file.tensor("b").rows(1, 4).floatArray()).containsExactly(2, 3, 4, 5, 6, 7);
            assertThat(file.tensor("c").transposed().floatArray()[1]).isEqualTo(7);
        }
    }

    /** A file of 5 GiB that takes no space: one tensor of 4.5 GiB, another behind it. */
    @Test
    void readsBehindFourGibibytes() throws IOException {
        long rows = 4608L * 1024;
        long big = rows * 1024;
        long small = 512L << 20;
        String header =
                ("{\"big\":{\"dtype\":\"I8\",\"shape\":[%d,1024],\"data_offsets\":[0,%d]},"
                                + "\"small\":{\"dtype\":\"U8\",\"shape\":[%d],\"data_offsets\":[%d,%d]}}")
                        .formatted(rows, big, small, big, big + small);
        Path path = Tensors.file(folder.resolve("large.safetensors"), header, 0);
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            long data = file.length();
            file.setLength(data + big + small);
            file.seek(data + big - 1);
            file.write(2);
            file.seek(data + big + small - 1);
            file.write(9);
        }
        try (Safetensors file = Safetensors.open(path)) {
            StoredTensor tensor = file.tensor("big");
            assertThat(tensor.parts()).hasSize(5);
            assertThat(tensor.rows(rows - 1, rows).longArray()[1023]).isEqualTo(2);
            StoredTensor tail = file.tensor("small").rows(small - 2, small);
            assertThat(tail.longArray()).containsExactly(0, 9);
            assertThatThrownBy(() -> tensor.longArray())
                    .isInstanceOf(EllaException.class)
                    .hasMessageContaining("too many for an array");
        }
    }
}
