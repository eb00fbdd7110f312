package dev.sampo.molecule;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.Sampo;
import dev.sampo.error.CancelledException;
import dev.sampo.error.ModelException;
import dev.sampo.error.RequestException;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.TinyOnnx;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With a decoder that finds every token as likely, and an encoder that gives lengths: what is right comes from the rules. */
class MoleculePipelineTest {
  private static final String VOCAB =
      "[\"<end>\",\"C\",\"N\",\"O\",\"Cl\",\"=\",\"#\",\"(\",\")\",\"1\",\"2\",\"3\",\"F\",\"S\",\"P\",\"Br\"]";

  @TempDir private Path folder;
  private MoleculePipeline model;

  @BeforeEach
  void open() throws IOException {
    new TinyOnnx()
        .in("input_ids int64 batch,time", "z float32 batch,1", "h0 float32 1,batch,2")
        .weight("w", "float32", 1, 16)
        .scalar("axis", "int64", new byte[] {1, 0, 0, 0, 0, 0, 0, 0})
        .node("MatMul", "z w", "flat")
        .node("Unsqueeze", "flat axis", "row")
        .node("Cast", "input_ids", "floats", TinyOnnx.integer("to", 1))
        .node("Unsqueeze", "floats minus", "wide")
        .scalar("minus", "int64", new byte[] {-1, -1, -1, -1, -1, -1, -1, -1})
        .node("Sub", "wide wide", "zero")
        .node("Add", "row zero", "logits")
        .node("Identity", "h0", "hn")
        .out("logits float32 batch,time,16", "hn float32 1,batch,2")
        .write(folder.resolve("decoder.onnx"));
    new TinyOnnx()
        .in("input_ids int64 batch,time", "lengths int64 batch")
        .scalar("minus", "int64", new byte[] {-1, -1, -1, -1, -1, -1, -1, -1})
        .node("Cast", "input_ids", "floats", TinyOnnx.integer("to", 1))
        .node("ReduceSum", "floats", "sum", TinyOnnx.integer("keepdims", 1))
        .node("Cast", "lengths", "l", TinyOnnx.integer("to", 1))
        .node("Unsqueeze", "l minus", "mean")
        .node("Sub", "sum sum", "zero")
        .node("Add", "mean zero", "logvar")
        .out("mean float32 batch,1", "logvar float32 batch,1")
        .write(folder.resolve("encoder.onnx"));
    write("known.tsv", "CCO\tethanol\nCC(=O)O\tacetic acid\nCCCCCO\tpentan-1-ol\n");
    write("sampo.json", json("known.tsv"));
    model = assertInstanceOf(MoleculePipeline.class, Sampo.open(folder));
  }

  @AfterEach
  void close() {
    model.close();
  }

  private static String json(String known) {
    return "{\"spec\":\"molecule-vae\",\"name\":\"toy\",\"graphs\":{\"encoder\":{\"file\":\"encoder.onnx\"},"
        + "\"decoder\":{\"file\":\"decoder.onnx\"}},\"latent\":{\"size\":1,\"distribution\":\"normal\"},"
        + "\"vocab\":"
        + VOCAB
        + ",\"eos_token_id\":0,\"max_tokens\":16,\"known\":\""
        + known
        + "\"}";
  }

  private void write(String name, String text) throws IOException {
    Files.write(folder.resolve(name), text.getBytes(StandardCharsets.UTF_8));
  }

  private static List<String> tokens(String smiles) {
    return Arrays.asList(smiles.split("(?<=[^CB])|(?<=C)(?!l)", -1)).stream()
        .filter(token -> !token.isEmpty())
        .collect(Collectors.toList());
  }

  @Test
  void sample_whenRules_thenAllWholeAndTheSeedDecides() {
    MoleculeRequest request = MoleculeRequest.builder().count(60).seed(3).build();
    MoleculeResult first = model.sample(request);
    assertEquals(first.smiles(), model.sample(request.toBuilder().build()).smiles());
    assertNotEquals(first.smiles(), model.sample(request.toBuilder().seed(4).build()).smiles());
    for (String smiles : first.smiles()) {
      assertTrue(SmilesRules.allows(tokens(smiles)), smiles);
      assertTrue(tokens(smiles).size() <= 16, smiles);
    }
    assertTrue(new HashSet<>(first.smiles()).size() > 20, first.smiles().toString());
    assertEquals(60, first.z().length);
  }

  @Test
  void sample_whenNoRules_thenMostAreNoMolecules() {
    MoleculeResult free =
        model.sample(MoleculeRequest.builder().count(60).rules(false).seed(3).build());
    long whole = free.smiles().stream().filter(s -> SmilesRules.allows(tokens(s))).count();
    assertTrue(whole < 30, whole + " of 60");
  }

  @Test
  void sample_whenCancelled_thenTokensSoFar() {
    CancellationToken token = new CancellationToken();
    MoleculeRequest request =
        MoleculeRequest.builder()
            .count(4)
            .seed(1)
            .cancellation(token)
            .progress(
                step -> {
                  if (step.done() == 2) {
                    token.cancel();
                  }
                })
            .build();
    CancelledException e = assertThrows(CancelledException.class, () -> model.sample(request));
    for (String smiles : e.partial(MoleculeResult.class).smiles()) {
      assertTrue(tokens(smiles).size() <= 2, smiles);
    }
  }

  @Test
  void encode_whenOfTwoLengths_thenEachByItsOwn() {
    assertArrayEquals(new float[][] {{3}, {8}}, model.encode(Arrays.asList("CClO", "C(Cl)CCNO")));
    RequestException e =
        assertThrows(RequestException.class, () -> model.encode(Arrays.asList("c1ccccc1")));
    assertEquals("smiles", e.option());
    assertTrue(e.getMessage().contains("'c'"), e.getMessage());
  }

  @Test
  void interpolate_whenThreeSteps_thenLatentsLieOnTheLine() {
    MoleculeResult way = model.interpolate("CC", "CCCCCC", 3);
    assertArrayEquals(new float[][] {{2}, {4}, {6}}, way.z());
    assertThrows(RequestException.class, () -> model.interpolate("C", "CC", 1));
  }

  @Test
  void nearest_whenKnown_thenItComesFirstAndNamesAreFound() {
    KnownMolecule acid = model.nearest("CC(=O)O", 2).get(0);
    assertEquals(new KnownMolecule("CC(=O)O", "acetic acid", 1), acid);
    assertEquals("CCO", model.known("Ethanol"));
    assertEquals("name", assertThrows(RequestException.class, () -> model.known("gold")).option());
  }

  @Test
  void open_whenFileOfNamesIsAtFault_thenModelExceptionHasItsPath() throws IOException {
    write("names.tsv", "CCO ethanol\n");
    write("sampo.json", json("names.tsv"));
    ModelException e = assertThrows(ModelException.class, () -> MoleculePipeline.open(folder));
    assertEquals(folder.resolve("names.tsv"), e.path());
    write("sampo.json", json("missing.tsv"));
    assertThrows(ModelException.class, () -> MoleculePipeline.open(folder));
    write("sampo.json", json("../elsewhere.tsv"));
    assertThrows(ModelException.class, () -> MoleculePipeline.open(folder));
  }

  @Test
  void sample_whenVocabIsAnothers_thenModelExceptionOfTheGraph() throws IOException {
    write("sampo.json", json("known.tsv").replace(VOCAB, VOCAB.replace("]", ",\"Xx\"]")));
    try (MoleculePipeline other = MoleculePipeline.open(folder)) {
      MoleculeRequest request = MoleculeRequest.builder().seed(1).build();
      ModelException e = assertThrows(ModelException.class, () -> other.sample(request));
      assertEquals("decoder.onnx", e.path().getFileName().toString());
    }
  }

  @Test
  void build_whenOptionCannotBe_thenItsName() {
    assertEquals(
        "count",
        assertThrows(RequestException.class, () -> MoleculeRequest.builder().count(0).build())
            .option());
    MoleculeRequest wide = MoleculeRequest.builder().z(new float[][] {{1, 2}}).build();
    assertEquals("z", assertThrows(RequestException.class, () -> model.sample(wide)).option());
  }
}
