package dev.sampo.spark;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.embedding.TextEncoder;
import dev.sampo.error.ModelException;
import dev.sampo.error.RequestException;
import dev.sampo.imaging.Pictures;
import dev.sampo.text.TextGenerator;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.List;
import org.apache.spark.ml.Pipeline;
import org.apache.spark.ml.PipelineModel;
import org.apache.spark.ml.PipelineStage;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TransformersTest {
  private static SparkSession spark;

  @BeforeAll
  static void start() {
    spark = SparkTests.session();
  }

  @AfterAll
  static void stop() {
    spark.stop();
    LoadedModels.closeAll();
  }

  @Test
  void pipeline_savedAndLoaded_givesTheSameRows(@TempDir Path folder) throws Exception {
    Pipeline pipeline =
        new Pipeline()
            .setStages(
                new PipelineStage[] {
                  new TextGeneration()
                      .setModel(SparkTests.GPT2)
                      .setInputCol("prompt")
                      .setOutputCol("first")
                      .setMaxNewTokens(4)
                      .setGenerationConfig("{\"do_sample\": true, \"top_k\": 20}"),
                  new TextGeneration()
                      .setModel(SparkTests.GPT2)
                      .setInputCol("first")
                      .setOutputCol("second")
                      .setMaxNewTokens(3)
                });
    Dataset<Row> in = SparkTests.prompts(spark, 12);
    PipelineModel model = pipeline.fit(in);
    List<Row> rows = model.transform(in).collectAsList();
    String path = folder.resolve("pipeline").toString();
    model.write().save(path);
    assertEquals(rows, PipelineModel.load(path).transform(in).collectAsList());
    String alone = folder.resolve("one").toString();
    new TextGeneration("named").setModel("m").setMaxNewTokens(9).write().save(alone);
    TextGeneration read = TextGeneration.load(alone);
    assertEquals("named", read.uid());
    assertEquals(9, (Integer) (Object) read.getOrDefault(read.maxNewTokens()));
  }

  @Test
  void embeddings_ofAColumn_areThoseOfTheEncoder() {
    Dataset<Row> in = SparkTests.prompts(spark, 5);
    List<Row> rows = Sampo.embed(in, "prompt", SparkTests.EMBEDDING).collectAsList();
    try (TextEncoder encoder = TextEncoder.open(Paths.get(SparkTests.EMBEDDING))) {
      for (Row row : rows) {
        float[] expected = encoder.embed(row.getString(1));
        List<Float> seen = row.getList(2);
        for (int i = 0; i < expected.length; i++) {
          assertEquals(expected[i], seen.get(i));
        }
      }
    }
  }

  @Test
  void score_ofAColumn_isThatOfTheGenerator() {
    Dataset<Row> in = SparkTests.prompts(spark, 4);
    List<Row> rows =
        new Score()
            .setModel(SparkTests.GPT2)
            .setInputCol("prompt")
            .setMetric("meanNll")
            .transform(in)
            .collectAsList();
    try (TextGenerator generator = TextGenerator.open(Paths.get(SparkTests.GPT2))) {
      for (Row row : rows) {
        assertEquals(generator.score(row.getString(1)).meanNll(), row.getDouble(2), 0);
      }
    }
    assertThrows(RequestException.class, () -> new Score().setMetric("wit"));
  }

  @Test
  void sql_functions_areThereByTheExtension() {
    SparkTests.prompts(spark, 6).createOrReplaceTempView("prompts");
    String call = "sampo_generate('" + SparkTests.GPT2 + "', prompt";
    List<Row> rows =
        spark
            .sql(
                "SELECT "
                    + call
                    + ", '{\"max_new_tokens\": 3}'), "
                    + call
                    + ", '{\"max_new_tokens\": 3, \"do_sample\": true, \"seed\": 5}'), "
                    + "sampo_embed('"
                    + SparkTests.EMBEDDING
                    + "', prompt), "
                    + call
                    + ", CAST(NULL AS STRING)), sampo_generate('x', NULL) FROM prompts")
            .collectAsList();
    assertEquals(6, rows.size());
    for (Row row : rows) {
      assertFalse(row.getString(0).isEmpty());
      assertNotNull(row.getString(1));
      assertFalse(row.getList(2).isEmpty());
      assertTrue(row.isNullAt(4));
    }
    SqlFunctions.register(spark);
    assertEquals(
        rows.get(0).getString(0),
        spark
            .sql(
                "SELECT sampo_generate_with('"
                    + SparkTests.GPT2
                    + "', '"
                    + SparkTests.prompt(0)
                    + "', '{\"max_new_tokens\": 3}')")
            .collectAsList()
            .get(0)
            .getString(0));
  }

  @Test
  void pictures_byLabel_areTheSameAgainAndScored() throws Exception {
    StructType schema =
        new StructType().add("id", DataTypes.LongType).add("digit", DataTypes.IntegerType);
    Dataset<Row> in =
        spark.createDataFrame(
            List.of(RowFactory.create(1L, 3), RowFactory.create(2L, 7), RowFactory.create(3L, 99)),
            schema);
    Dataset<Row> pictures =
        new ImageGeneration()
            .setModel(SparkTests.HOME.resolve("exporter-specs/models/digits-gan").toString())
            .setInputCol("digit")
            .setKeyCol("id")
            .setErrorCol("error")
            .transform(in);
    List<Row> rows = pictures.collectAsList();
    byte[] png = rows.get(0).getAs("image");
    assertEquals(28, Pictures.read(png).widthPx());
    assertArrayEquals(png, pictures.collectAsList().get(0).<byte[]>getAs("image"));
    assertTrue(rows.get(2).isNullAt(2));
    assertTrue(rows.get(2).<String>getAs("error").contains("99"), rows.get(2).toString());
    List<Row> scores =
        new Anomaly()
            .setModel(
                SparkTests.HOME.resolve("exporter-specs/models/digits-autoencoder").toString())
            .setInputCol("image")
            .transform(pictures)
            .collectAsList();
    assertTrue(scores.get(0).<Double>getAs("anomaly") > 0);
    assertTrue(scores.get(2).isNullAt(scores.get(2).fieldIndex("anomaly")));
  }

  @Test
  void faults_areToldBeforeTheJobRuns(@TempDir Path folder) throws Exception {
    Dataset<Row> in = SparkTests.prompts(spark, 3);
    TextGeneration text = new TextGeneration().setInputCol("prompt");
    assertTrue(
        assertThrows(RequestException.class, () -> text.transform(in))
            .getMessage()
            .contains("model"));
    text.setModel(SparkTests.GPT2);
    assertEquals(
        "inputCol",
        assertThrows(
                RequestException.class,
                () -> new TextGeneration().setModel("x").setInputCol("nothing").transform(in))
            .option());
    assertThrows(
        RequestException.class,
        () -> new TextGeneration().setModel(SparkTests.GPT2).setInputCol("id").transform(in));
    assertThrows(RequestException.class, () -> text.setOutputCol("id").transform(in));
    text.setOutputCol("text").setGenerationConfig("{\"max_new_tokns\": 3}");
    assertTrue(
        assertThrows(RequestException.class, () -> text.transform(in))
            .getMessage()
            .contains("max_new_tokns"));
    ModelException wrong =
        assertThrows(
            ModelException.class,
            () ->
                Sampo.embed(
                    in,
                    "prompt",
                    SparkTests.HOME.resolve("exporter-specs/models/digits-gan").toString()));
    assertTrue(wrong.getMessage().contains("TextEncoder"), wrong.getMessage());
    Files.writeString(folder.resolve("model.onnx"), "no graph");
    assertThrows(ModelException.class, () -> Sampo.generate(in, "prompt", folder.toString()));
  }

  @Test
  void model_thatOnlyExecutorsCouldFind_failsTheJobWithItsMessage() {
    Dataset<Row> in = SparkTests.prompts(spark, 3);
    Dataset<Row> out = Sampo.generate(in, "prompt", "no-such-alias");
    Exception e = assertThrows(Exception.class, out::collectAsList);
    StringBuilder all = new StringBuilder();
    for (Throwable t = e; t != null; t = t.getCause()) {
      all.append(t);
    }
    assertTrue(all.toString().contains("spark.archives"), all.toString());
  }

  @Test
  void failOnError_endsTheJobWithTheRow() {
    Dataset<Row> in = SparkTests.prompts(spark, 20);
    Dataset<Row> out =
        new TextGeneration()
            .setModel(SparkTests.GPT2)
            .setInputCol("prompt")
            .setMaxNewTokens(2)
            .setFailOnError(true)
            .transform(in);
    Exception e = assertThrows(Exception.class, out::collectAsList);
    StringBuilder all = new StringBuilder();
    for (Throwable t = e; t != null; t = t.getCause()) {
      all.append(t);
    }
    assertTrue(all.toString().contains("failOnError"), all.toString());
  }
}
