import dev.sampo.Sampo
import dev.sampo.samplers.text.GenerationConfig
import dev.sampo.text.GenerationRequest
import dev.sampo.text.TextGenerator
import java.nio.file.Path

/** Writes a verse, piece by piece: the first argument is a model's folder, the second how to begin. */
fun main(args: Array<String>) {
    Sampo.open(Path.of(args[0]), TextGenerator::class.java).use { model ->
        val request =
            GenerationRequest.builder()
                .prompt(args[1])
                .config(GenerationConfig.builder().doSample(true).temperature(0.8).maxNewTokens(30).build())
                .seed(7)
                .progress { step -> print(step.text()) }
                .build()
        val result = model.generate(request)
        println("\n${result.tokenCount()} tokens, seed ${result.seed()}")
    }
}
