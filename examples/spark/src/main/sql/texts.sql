-- spark-sql --jars sampo-spark-assembly.jar --conf spark.sql.extensions=dev.sampo.spark.SampoExtensions \
--     --archives scripture-gpt.zip#scripture-gpt -f texts.sql
CREATE OR REPLACE TEMPORARY VIEW prompts AS
SELECT id, concat('In the beginning ', id) AS prompt FROM range(10);

CREATE OR REPLACE TEMPORARY VIEW texts AS
SELECT id, prompt,
       sampo_generate('scripture-gpt', prompt, '{"max_new_tokens": 24, "do_sample": true, "top_k": 40, "seed": 7}') AS text
FROM prompts;

SELECT * FROM texts ORDER BY id;
