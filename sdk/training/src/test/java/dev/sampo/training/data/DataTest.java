package dev.sampo.training.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.error.SampoException;
import dev.sampo.io.NpyArray;
import dev.sampo.picture.Pixels;
import dev.sampo.training.TinyModels;
import dev.sampo.training.graph.Backend;
import dev.sampo.training.graph.Batch;
import dev.sampo.training.graph.OptimizerConfig;
import dev.sampo.training.graph.Trainable;
import dev.sampo.training.graph.TrainingGraph;
import dev.sampo.training.run.FineTuners;
import dev.sampo.training.run.TunerJob;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DataTest {
  static {
    // All tests of the module share a process, and some need the library with training.
    dev.sampo.training.artifacts.NativeTraining.install();
  }

  private static final PictureShape GREY = new PictureShape(1, 2, 3, List.of());
  @TempDir Path folder;

  private Path file(String name, String text) throws Exception {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    return Files.write(file, text.getBytes(StandardCharsets.UTF_8));
  }

  private static String message(org.junit.jupiter.api.function.Executable code) {
    return assertThrows(SampoException.class, code).getMessage();
  }

  // ---- texts

  @Test
  void text_fromEveryKindOfFile_isTheSame() throws Exception {
    assertEquals("a, b\nc\n", Texts.read(file("t.txt", "a, b\nc\n")));
    assertEquals(
        "a, b\nc\n", Texts.read(file("t.jsonl", "{\"text\":\"a, b\"}\n\n{\"text\":\"c\"}")));
    assertEquals("a, b\nc\n", Texts.read(file("t.csv", "id,text\n1,\"a, b\"\n2,c\n")));
    assertEquals("a, b\nc\n", Texts.read(file("t.tsv", "text\tid\na, b\t1\r\nc\t2\r\n")));
    file("many/1.txt", "a, b");
    file("many/2.txt", "c");
    file("many/picture.png", "no text");
    assertEquals("a, b\nc\n", Texts.read(folder.resolve("many")));
    Path bodies = file("b.csv", "title,body\n1,\"two\nlines, \"\"quoted\"\"\"\n");
    assertEquals("two\nlines, \"quoted\"\n", Texts.read(bodies, List.of("body")));
  }

  @Test
  void text_thatIsNone_saysWhatIsWrong() throws Exception {
    Path empty = file("empty.txt", " \n");
    assertEquals(empty + " holds no text.", message(() -> Texts.read(empty)));
    Path latin1 = folder.resolve("latin1.txt");
    Files.write(latin1, new byte[] {'n', (byte) 0xe9, 'e'});
    assertEquals(
        latin1 + " is no UTF-8 text. Convert it, for example with iconv -t UTF-8.",
        message(() -> Texts.read(latin1)));
    Path wrong = file("wrong.csv", "id,body\n1,a\n");
    assertEquals(
        wrong + " has no column 'text'; the first line names id, body.",
        message(() -> Texts.read(wrong)));
    Path member = file("member.jsonl", "{\"text\":\"a\"}\n{\"body\":\"b\"}\n");
    assertEquals(
        "Line 2 of " + member + " has no text member \"text\"; it has [body].",
        message(() -> Texts.read(member)));
    Path broken = file("broken.jsonl", "{\"text\":\"a\"}\n{\"text\":");
    assertTrue(
        message(() -> Texts.read(broken)).startsWith("Line 2 of " + broken + " is not JSON"));
    Path none = Files.createDirectories(folder.resolve("none"));
    assertEquals("There is no .txt file in " + none + ".", message(() -> Texts.read(none)));
  }

  @Test
  void pairs_fromEveryKindOfFile_areTheSame() throws Exception {
    List<Texts.Pair> wanted = List.of(new Texts.Pair("a, b", "c"), new Texts.Pair("d", "e"));
    assertEquals(wanted, Texts.pairs(file("p.tsv", "a, b\tc\nd\te\n")));
    assertEquals(wanted, Texts.pairs(file("p.csv", "\"a, b\",c\nd,e")));
    assertEquals(wanted, Texts.pairs(file("q.csv", "target,id,source\nc,1,\"a, b\"\ne,2,d\n")));
    Path json = file("p.jsonl", "{\"en\":\"a, b\",\"fr\":\"c\"}\n{\"en\":\"d\",\"fr\":\"e\"}\n");
    assertEquals(wanted, Texts.pairs(json, List.of("en", "fr")));
  }

  @Test
  void pairs_thatAreNone_sayWhatIsWrong() throws Exception {
    Path empty = file("empty.tsv", "\n\n");
    assertEquals(empty + " is empty.", message(() -> Texts.pairs(empty)));
    Path ragged = file("ragged.csv", "a,b\n\nc,d\ne,f,g\n");
    assertEquals(
        "Line 4 of "
            + ragged
            + " has 3 column(s), the first has 2. Put fields that hold commas into quotes.",
        message(() -> Texts.pairs(ragged)));
    Path open = file("open.csv", "a,b\n\"c,d\ne,f\n");
    assertEquals(
        "The quote in line 2 of " + open + " is never closed.", message(() -> Texts.pairs(open)));
    Path three = file("three.tsv", "a\tb\tc\n");
    assertTrue(message(() -> Texts.pairs(three)).startsWith(three + " has 3 column(s)"));
    Path text = file("text.txt", "a b\n");
    assertTrue(message(() -> Texts.pairs(text)).contains("is no .tsv, .csv or .jsonl file"));
    Path named = file("named.csv", "en,fr\na,b\n");
    assertEquals(
        named + " has no column 'de'; the first line names en, fr.",
        message(() -> Texts.pairs(named, List.of("en", "de"))));
  }

  // ---- pictures

  /** A picture file of these tests is text: width height value. */
  private static Pixels decode(Path file) throws IOException {
    String[] words = Files.readString(file).trim().split(" ");
    if (words.length != 3) {
      throw new IOException(file + " is no PNG or JPEG file. Convert it to PNG.");
    }
    return Pixels.filled(
        Integer.parseInt(words[0]), Integer.parseInt(words[1]), Integer.parseInt(words[2]));
  }

  @Test
  void pictures_inClassFolders_takeTurns() throws Exception {
    file("set/3/a.png", "3 2 255");
    file("set/3/b.JPG", "3 2 51");
    file("set/3/notes.txt", "not read");
    file("set/1/c.jpeg", "3 2 0");
    PictureSet set = PictureFolder.read(folder.resolve("set"), GREY, DataTest::decode);
    assertEquals(3, set.size());
    assertEquals(List.of(1, 3, 3), List.of(set.classOf(0), set.classOf(1), set.classOf(2)));
    assertArrayEquals(new float[] {1, 1, 1, 1, 1, 1}, set.picture(1));
    assertEquals(0.2f, set.picture(2)[0], 1e-6f);
    assertEquals(3, set.widthPx());
    assertEquals(2, set.heightPx());
  }

  @Test
  void pictures_withClassNames_areNumberedByTheModel() throws Exception {
    file("named/dog/a.png", "3 2 9");
    file("named/cat/b.png", "3 2 9");
    PictureShape shape = new PictureShape(3, 0, 0, List.of("bird", "cat", "dog"));
    PictureSet set = PictureFolder.read(folder.resolve("named"), shape, DataTest::decode);
    assertEquals(List.of(1, 2), List.of(set.classOf(0), set.classOf(1)));
    assertEquals(3, set.channels());
    PictureShape other = new PictureShape(1, 0, 0, List.of("bird", "cat"));
    assertEquals(
        "Folder "
            + folder.resolve("named/dog")
            + " is no class of the model; its classes are bird, cat. Name a folder after its class,"
            + " or with its number from 0.",
        message(() -> PictureFolder.read(folder.resolve("named"), other, DataTest::decode)));
    PictureSet free =
        PictureFolder.read(
            folder.resolve("named"), new PictureShape(1, 0, 0, List.of()), DataTest::decode);
    assertEquals(List.of(0, 1), List.of(free.classOf(0), free.classOf(1)));
  }

  @Test
  void pictures_thatDoNotFit_nameTheFile() throws Exception {
    Path set = folder.resolve("sizes");
    file("sizes/a.png", "3 2 9");
    file("sizes/b.png", "4 4 9");
    assertEquals(
        set.resolve("b.png")
            + " is 4x4, the model wants 3x2. Scale the pictures to one size (sampo train does it"
            + " with --resize).",
        message(() -> PictureFolder.read(set, GREY, DataTest::decode)));
    PictureShape any = new PictureShape(1, 0, 0, List.of());
    assertTrue(
        message(() -> PictureFolder.read(set, any, DataTest::decode))
            .contains("is 4x4, the pictures before it are 3x2."));
    file("sizes/b.png", "not a picture at all");
    IOException e =
        assertThrows(IOException.class, () -> PictureFolder.read(set, GREY, DataTest::decode));
    assertTrue(e.getMessage().startsWith(set.resolve("b.png") + " is no PNG"), e.getMessage());
  }

  @Test
  void pictures_missingOrMixed_areErrors() throws Exception {
    Path none = folder.resolve("none");
    file("none/readme.txt", "nothing");
    assertEquals(
        "There is no .png, .jpg or .jpeg file in " + none + " or in the folders in it.",
        message(() -> PictureFolder.read(none, GREY, DataTest::decode)));
    Path mixed = folder.resolve("mixed");
    file("mixed/loose.png", "3 2 9");
    file("mixed/0/a.png", "3 2 9");
    assertEquals(
        mixed
            + " holds pictures (loose.png) beside class folders (0). Put every picture into the"
            + " folder of its class.",
        message(() -> PictureFolder.read(mixed, GREY, DataTest::decode)));
  }

  @Test
  void npy_thatDoesNotFit_saysWhatIsWanted() throws Exception {
    Path file = folder.resolve("p.npy");
    NpyArray.ofBytes(new byte[12], 2, 2, 3).write(file);
    PictureSet set = PictureSet.ofNpy(file);
    new PictureShape(1, 2, 3, List.of("0")).check(set, file);
    assertEquals(
        "The pictures of "
            + file
            + " are [1, 2, 3] (channels, height, width), the model wants [1, 28, 28]. Scale or"
            + " convert them first.",
        message(() -> new PictureShape(1, 28, 28, List.of()).check(set, file)));
    Path labels = folder.resolve("p-labels.npy");
    NpyArray.ofLongs(new long[] {0, 7}, 2).write(labels);
    assertEquals(
        "Picture 1 of " + file + " has class 7; the model's classes are 0 to 1 (cat, dog).",
        message(
            () ->
                new PictureShape(1, 2, 3, List.of("cat", "dog"))
                    .check(PictureSet.ofNpy(file), file)));
    NpyArray.ofLongs(new long[] {0, 1, 1}, 3).write(labels);
    assertEquals(
        labels + " has 3 classes for the 2 pictures of " + file + ".",
        message(() -> PictureSet.ofNpy(file)));
    Path signed = folder.resolve("signed.npy");
    NpyArray.ofFloats(new float[] {-1, 0, 1, 0}, 1, 2, 2).write(signed);
    assertEquals(
        signed + " holds the value -1.0, wanted bytes 0 to 255 or floats 0 to 1.",
        message(() -> PictureSet.ofNpy(signed)));
    Path flat = folder.resolve("flat.npy");
    NpyArray.ofFloats(new float[4], 4).write(flat);
    assertTrue(message(() -> PictureSet.ofNpy(flat)).startsWith(flat + " has shape [4], wanted"));
    Path text = file("text.npy", "no array");
    assertThrows(IOException.class, () -> PictureSet.ofNpy(text));
  }

  // ---- examples

  private Path numbers() throws Exception {
    StringBuilder csv = new StringBuilder("a,b,c,d,e,f,class\n");
    for (int step = 0; step < 5; step++) {
      Batch batch = TinyModels.batch(step);
      var x = batch.value("x").bytes().duplicate().order(ByteOrder.nativeOrder()).asFloatBuffer();
      var y = batch.value("labels").bytes().duplicate().order(ByteOrder.nativeOrder());
      for (int i = 0; i < 8; i++) {
        for (int k = 0; k < 6; k++) {
          csv.append(x.get(6 * i + k)).append(',');
        }
        csv.append(y.asLongBuffer().get(i)).append('\n');
      }
    }
    return file("numbers.csv", csv.toString());
  }

  private static List<String> bytes(List<Batch> batches) {
    List<String> result = new ArrayList<>();
    batches.forEach(
        b ->
            b.names()
                .forEach(
                    name ->
                        result.add(
                            name
                                + b.value(name)
                                    .bytes()
                                    .duplicate()
                                    .order(ByteOrder.LITTLE_ENDIAN)
                                    .asFloatBuffer()
                                    .get(3))));
    return result;
  }

  @Test
  void examples_ofACsv_trainAClassifier() throws Exception {
    Map<String, List<String>> floats = Map.of("x", List.of("a", "b", "c", "d", "e", "f"));
    Examples all = Examples.ofCsv(numbers(), floats, Map.of("labels", "class"));
    assertEquals(40, all.size());
    Examples[] parts = all.split(0.2);
    assertEquals(32, parts[0].size());
    List<Batch> held = parts[1].inOrder(8, 4);
    assertEquals(1, held.size());
    assertEquals(bytes(List.of(TinyModels.batch(4))), bytes(held));
    TunerJob.Batches batches = parts[0].shuffled(8, 3);
    assertEquals(bytes(List.of(batches.at(5))), bytes(List.of(parts[0].shuffled(8, 3).at(5))));
    TrainingGraph graph = TinyModels.graph(Trainable.all());
    try (TunerJob job =
        new TunerJob(
            FineTuners.open(graph, OptimizerConfig.adamW(), Backend.PLAIN), batches, 1, held)) {
      float before = job.evaluate().get("loss");
      for (int step = 0; step < 60; step++) {
        job.step(step, 0.02);
      }
      assertTrue(job.evaluate().get("loss") < before, "loss " + before);
    }
  }

  @Test
  void examples_ofNpyFiles_haveTheirShapes() throws Exception {
    NpyArray.ofFloats(new float[] {1, 2, 3, 4, 5, 6, 7, 8}, 2, 2, 2).write(folder.resolve("x.npy"));
    NpyArray.ofLongs(new long[] {5, 6}, 2).write(folder.resolve("y.npy"));
    Map<String, Path> files = new LinkedHashMap<>();
    files.put("x", folder.resolve("x.npy"));
    files.put("y", folder.resolve("y.npy"));
    Batch batch = Examples.ofNpy(files).inOrder(2, 1).get(0);
    assertArrayEquals(new long[] {2, 2, 2}, batch.value("x").shape());
    assertArrayEquals(new long[] {2}, batch.value("y").shape());
    NpyArray.ofLongs(new long[] {5, 6, 7}, 3).write(folder.resolve("y.npy"));
    assertTrue(message(() -> Examples.ofNpy(files)).contains("holds 3 examples"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "a,k;1,x | Line 2 of FILE, column 'k': 'x' is no number.",
        "a,k;1,0.5 | Column 'k' of FILE has 0.5, which is no whole number.",
        "a,k | FILE has a first line but no example.",
        "a,z;1,2 | FILE has no column 'k'; the first line names a, z."
      })
  void examples_ofABadCsv_nameThePlace(String text, String wanted) throws Exception {
    Path csv = file("bad.csv", text.replace(';', '\n'));
    assertEquals(
        wanted.replace("FILE", csv.toString()),
        message(() -> Examples.ofCsv(csv, Collections.emptyMap(), Map.of("k", "k"))));
  }
}
