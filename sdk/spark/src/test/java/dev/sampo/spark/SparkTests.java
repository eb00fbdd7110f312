package dev.sampo.spark;

import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** One session for all tests of a class, and the models that they share with other modules' tests. */
final class SparkTests {
  static final Path HOME = Paths.get(System.getProperty("sampo.home"));
  static final Path TEXT = HOME.resolve("sdk/core/src/test/resources/golden/text");
  static final String GPT2 = TEXT.resolve("generation/gpt2").toString();
  static final String EMBEDDING = TEXT.resolve("encoders/embedding").toString();

  private SparkTests() {}

  static SparkSession session() {
    return SparkSession.builder()
        .master("local[2,4]")
        .appName("sampo-tests")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.sql.extensions", SampoExtensions.class.getName())
        .config("spark.sql.warehouse.dir", System.getProperty("java.io.tmpdir"))
        .getOrCreate();
  }

  static Dataset<Row> prompts(SparkSession spark, int count) {
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      rows.add(RowFactory.create((long) i, prompt(i)));
    }
    StructType schema =
        new StructType().add("id", DataTypes.LongType).add("prompt", DataTypes.StringType);
    return spark.createDataFrame(rows, schema);
  }

  static String prompt(int i) {
    return i % 97 == 13 ? null : "the " + "abc".charAt(i % 3) + " " + i;
  }
}
