package dev.sampo.molecule;

import dev.sampo.error.CancelledException;
import dev.sampo.error.ModelException;
import dev.sampo.error.RequestException;
import dev.sampo.internal.LatentModel;
import dev.sampo.internal.NamedGraph;
import dev.sampo.internal.Seeds;
import dev.sampo.internal.Sizes;
import dev.sampo.internal.Stopwatch;
import dev.sampo.model.Family;
import dev.sampo.model.ModelFolder;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.Outputs;
import dev.sampo.runtime.SafePaths;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.runtime.Shape;
import dev.sampo.runtime.Tensor;
import dev.sampo.samplers.random.TorchGenerator;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;

/** An autoencoder of molecules, on ONNX Runtime. */
final class OnnxMolecules implements MoleculePipeline {
  private static final int MOST_TOKENS = 10_000;

  private final LatentModel model;
  private final NamedGraph decoder;
  private final List<String> vocabulary;
  private final Map<String, Integer> ids = new HashMap<>();
  private final int end;
  private final int maxTokens;
  private final int longestToken;

  /** Name by SMILES, in the order of the file. */
  private final Map<String, String> known;

  private OnnxMolecules(LatentModel model, Path root) {
    this.model = model;
    this.decoder = model.graph("decoder");
    this.vocabulary = model.json().properties().strings("vocab");
    this.end = model.json().properties().integer("eos_token_id");
    this.maxTokens = model.json().properties().integer("max_tokens", 40);
    int longest = 1;
    for (String token : vocabulary) {
      ids.put(token, ids.size());
      longest = Math.max(longest, token.length());
    }
    this.longestToken = longest;
    if (end < 0 || end >= vocabulary.size() || ids.size() != vocabulary.size()) {
      throw model.fault(
          name() + " has a vocab with doubles, or an eos_token_id outside of it. Correct them.");
    }
    if (maxTokens < 1 || maxTokens > MOST_TOKENS) {
      throw model.fault(
          "max_tokens lies between 1 and " + MOST_TOKENS + ", got " + maxTokens + ".");
    }
    this.known = known(root, model.json().properties().string("known", ""));
  }

  static MoleculePipeline open(ModelFolder folder, SessionConfig config) {
    LatentModel model = LatentModel.open(folder, Family.MOLECULE_VAE, config);
    try {
      return new OnnxMolecules(model, folder.root());
    } catch (RuntimeException e) {
      model.close();
      throw e;
    }
  }

  private static Map<String, String> known(Path root, String name) {
    if (name.isEmpty()) {
      return Collections.emptyMap();
    }
    Path file = SafePaths.resolve(root, name, "known");
    ModelException.refuseSpecial(file);
    Map<String, String> out = new LinkedHashMap<>();
    try {
      for (String line : Files.readAllLines(file, StandardCharsets.UTF_8)) {
        int tab = line.indexOf('\t');
        if (tab < 1) {
          throw new ModelException(
              file, file + ", line " + (out.size() + 1) + ": wanted SMILES, a tab and a name.");
        }
        out.put(line.substring(0, tab), line.substring(tab + 1));
      }
    } catch (IOException e) {
      throw new ModelException(file, "The known molecules cannot be read: " + e.getMessage(), e);
    }
    return out;
  }

  @Override
  public String name() {
    return model.json().name();
  }

  @Override
  public Family family() {
    return Family.MOLECULE_VAE;
  }

  @Override
  public int latentSize() {
    return model.latent().size();
  }

  @Override
  public MoleculeResult sample(MoleculeRequest request) {
    Stopwatch clock = new Stopwatch(model.loadMillis());
    long seed = Seeds.orDrawn(request.seed());
    TorchGenerator generator = new TorchGenerator(seed);
    float[][] z = request.z();
    if (z == null) {
      z = drawn(request.count(), generator);
    }
    model.checkLatents(z);
    Integer asked = request.maxTokens();
    int limit = asked == null ? maxTokens : Math.min(asked, MOST_TOKENS);
    List<SmilesRules> rules = new ArrayList<>();
    List<StringBuilder> smiles = new ArrayList<>();
    for (int i = 0; i < z.length; i++) {
      smiles.add(new StringBuilder());
      if (request.rules()) {
        rules.add(new SmilesRules(limit));
      }
    }
    clock.loopBegins();
    try (MoleculeRun run = new MoleculeRun(decoder, vocabulary, end, z)) {
      int done = run.write(rules, limit, request.temperature(), generator, smiles, request.watch());
      clock.loopEnds(done);
      return result(smiles, z, seed, clock);
    } catch (CancelledException e) {
      int longest = smiles.stream().mapToInt(StringBuilder::length).max().orElse(0);
      clock.loopEnds(longest);
      throw new CancelledException(
          "Cancelled while molecules were written.",
          e,
          longest == 0 ? null : result(smiles, z, seed, clock));
    }
  }

  private float[][] drawn(int count, TorchGenerator generator) {
    int size = latentSize();
    float[] flat = new float[Sizes.elements("count", "Latents", count, size)];
    generator.randn(flat, 0, flat.length);
    float[][] out = new float[count][size];
    for (int i = 0; i < count; i++) {
      System.arraycopy(flat, i * size, out[i], 0, size);
    }
    return out;
  }

  private static MoleculeResult result(
      List<StringBuilder> smiles, float[][] z, long seed, Stopwatch clock) {
    List<String> texts = new ArrayList<>();
    smiles.forEach(text -> texts.add(text.toString()));
    return new MoleculeResult(texts, z, seed, clock.timings());
  }

  @Override
  public float[][] encode(List<String> smiles) {
    if (!model.has("encoder")) {
      throw new RequestException("smiles", name() + " has no encoder; it only makes molecules.");
    }
    if (smiles.isEmpty()) {
      throw new RequestException("smiles", "Give one molecule or more.");
    }
    List<int[]> rows = new ArrayList<>();
    int longest = 1;
    for (String one : smiles) {
      rows.add(tokens(one));
      longest = Math.max(longest, rows.get(rows.size() - 1).length);
    }
    int n = rows.size();
    long[] flat = new long[n * longest];
    Arrays.fill(flat, end);
    long[] lengths = new long[n];
    for (int i = 0; i < n; i++) {
      lengths[i] = rows.get(i).length;
      for (int k = 0; k < rows.get(i).length; k++) {
        flat[i * longest + k] = rows.get(i)[k];
      }
    }
    NamedGraph encoder = model.graph("encoder");
    Map<String, Tensor> inputs = new HashMap<>();
    try {
      inputs.put(
          encoder.inputName("input_ids"),
          Tensor.longsAs(encoder.input("input_ids").type(), Shape.of(n, longest), flat));
      inputs.put(
          encoder.inputName("lengths"),
          Tensor.longsAs(encoder.input("lengths").type(), Shape.of(n), lengths));
      String mean = encoder.outputName("mean");
      try (Outputs outputs =
          encoder.graph().run(inputs, Collections.singleton(mean), CancellationToken.none())) {
        return rows(outputs.get(mean).toFloats(), n);
      }
    } finally {
      inputs.values().forEach(Tensor::close);
    }
  }

  private static float[][] rows(float[] flat, int n) {
    int size = flat.length / n;
    float[][] out = new float[n][size];
    for (int i = 0; i < n; i++) {
      System.arraycopy(flat, i * size, out[i], 0, size);
    }
    return out;
  }

  /** Ids of a SMILES, the longest tokens first. */
  private int[] tokens(String smiles) {
    List<Integer> out = new ArrayList<>();
    for (int at = 0; at < smiles.length(); ) {
      int length = Math.min(longestToken, smiles.length() - at);
      while (length > 0 && !ids.containsKey(smiles.substring(at, at + length))) {
        length--;
      }
      if (length == 0) {
        throw new RequestException(
            "smiles",
            name()
                + " does not know '"
                + smiles.charAt(at)
                + "' of "
                + smiles
                + "; it knows "
                + String.join(" ", new TreeSet<>(vocabulary))
                + ". Write Kekule form, without charges and handedness.");
      }
      out.add(ids.get(smiles.substring(at, at + length)));
      at += length;
    }
    if (out.isEmpty() || out.size() > MOST_TOKENS) {
      throw new RequestException(
          "smiles", "A molecule has 1 to " + MOST_TOKENS + " tokens, got " + out.size() + ".");
    }
    return out.stream().mapToInt(Integer::intValue).toArray();
  }

  @Override
  public MoleculeResult interpolate(String from, String to, int steps) {
    if (steps < 2 || steps > MOST_TOKENS) {
      throw new RequestException(
          "steps", "steps lies between 2 and " + MOST_TOKENS + ", got " + steps + ".");
    }
    List<String> ends = new ArrayList<>();
    ends.add(from);
    ends.add(to);
    float[][] means = encode(ends);
    float[][] z = new float[steps][latentSize()];
    for (int i = 0; i < steps; i++) {
      float way = (float) i / (steps - 1);
      for (int k = 0; k < z[i].length; k++) {
        z[i][k] = (1 - way) * means[0][k] + way * means[1][k];
      }
    }
    return sample(MoleculeRequest.builder().z(z).temperature(0).seed(0).build());
  }

  @Override
  public List<KnownMolecule> nearest(String smiles, int count) {
    Map<String, Integer> words = Lingos.words(smiles);
    List<KnownMolecule> all = new ArrayList<>();
    known.forEach(
        (other, name) ->
            all.add(
                new KnownMolecule(
                    other,
                    name,
                    other.equals(smiles) ? 1 : Lingos.similarity(words, Lingos.words(other)))));
    all.sort((a, b) -> Double.compare(b.similarity(), a.similarity()));
    return new ArrayList<>(all.subList(0, Math.max(0, Math.min(count, all.size()))));
  }

  @Override
  public String known(String name) {
    String wanted = name.trim().toLowerCase(Locale.ROOT);
    for (Map.Entry<String, String> one : known.entrySet()) {
      if (one.getValue().toLowerCase(Locale.ROOT).equals(wanted)) {
        return one.getKey();
      }
    }
    throw new RequestException(
        "name",
        "'"
            + name
            + "' is none of the "
            + known.size()
            + " molecules that "
            + name()
            + " knows by name.");
  }

  @Override
  public void close() {
    model.close();
  }
}
