// DroolsBench FOLDER SECONDS: the figures of bench/decide.c with Drools DMN. The same models and
// inputs, one thread, one run to warm the compiler, then the best of five.
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.StringReader;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.kie.dmn.api.core.DMNContext;
import org.kie.dmn.api.core.DMNRuntime;
import org.kie.dmn.api.core.DMNModel;
import org.kie.dmn.core.internal.utils.DMNRuntimeBuilder;
import org.kie.dmn.feel.FEEL;
import org.kie.dmn.feel.lang.CompiledExpression;
import org.kie.dmn.feel.lang.types.BuiltInType;
import org.drools.io.ReaderResource;

public class DroolsBench {
    static final int RUNS = 5;
    static final ObjectMapper JSON = new ObjectMapper().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);

    interface Work { void run(int i) throws Exception; }

    static double measure(double seconds, Work work) throws Exception {
        double best = 0;
        for (int run = 0; run <= RUNS; run++) {
            long began = System.nanoTime();
            int calls = 0;
            while (System.nanoTime() - began < seconds / RUNS * 1e9) work.run(calls++);
            if (run > 0) best = Math.max(best, calls * 1e9 / (System.nanoTime() - began));
        }
        return best;
    }

    static DMNRuntime load(String xml) {
        return DMNRuntimeBuilder.fromDefaults().buildConfiguration()
            .fromResources(List.of(new ReaderResource(new StringReader(xml)))).getOrElseThrow(RuntimeException::new);
    }

    @SuppressWarnings("unchecked")
    static Map<String, Object> read(String line) throws Exception {
        Map<String, Object> map = JSON.readValue(line, Map.class);
        for (String name : List.of("age", "amount"))
            if (map.get(name) instanceof Integer n) map.put(name, BigDecimal.valueOf(n));
        if (map.get("day") instanceof String s) map.put("day", LocalDate.parse(s));
        return map;
    }

    static Object evaluate(DMNRuntime runtime, DMNModel model, Map<String, Object> input) {
        DMNContext context = runtime.newContext();
        input.forEach(context::set);
        return runtime.evaluateAll(model, context).getDecisionResultByName("table_0").getResult();
    }

    static void table(String folder, String name, double seconds) throws Exception {
        DMNRuntime runtime = load(Files.readString(Path.of(folder, name + ".dmn")));
        DMNModel model = runtime.getModels().get(0);
        List<String> lines = Files.readAllLines(Path.of(folder, name + ".jsonl"));
        List<Map<String, Object>> inputs = new ArrayList<>();
        for (String line : lines) inputs.add(read(line));
        long hits = inputs.stream().filter(i -> evaluate(runtime, model, i) != null).count();
        System.out.printf("%s-hits\t%d\tof %d\tinputs with a result%n", name, hits, inputs.size());
        double rate = measure(seconds, i -> evaluate(runtime, model, inputs.get(i % inputs.size())));
        System.out.printf("%s\t%.0f\tevaluations/s\tinputs at hand as a Map%n", name, rate);
        if (!name.equals("table20")) return;
        rate = measure(seconds, i -> JSON.writeValueAsString(
            Map.of("result", evaluate(runtime, model, read(lines.get(i % lines.size()))))));
        System.out.printf("%s-json\t%.0f\tevaluations/s\tJSON read and written by Jackson%n", name, rate);
    }

    public static void main(String[] args) throws Exception {
        String folder = args[0];
        double seconds = Double.parseDouble(args[1]);
        table(folder, "table20", seconds);
        table(folder, "table3700", seconds);
        FEEL feel = FEEL.newInstance();
        var compilerContext = feel.newCompilerContext();
        compilerContext.addInputVariableType("age", BuiltInType.NUMBER);
        compilerContext.addInputVariableType("income", BuiltInType.NUMBER);
        CompiledExpression expression = feel.compile(Files.readString(Path.of(folder, "if.feel")), compilerContext);
        List<Map<String, Object>> inputs = new ArrayList<>();
        for (String line : Files.readAllLines(Path.of(folder, "table20.jsonl"))) inputs.add(read(line));
        double rate = measure(seconds, i -> feel.evaluate(expression, inputs.get(i % inputs.size())));
        System.out.printf("if-expression\t%.0f\tevaluations/s\tcompiled once, variables as a Map%n", rate);
        String xml = Files.readString(Path.of(folder, "model100.dmn"));
        rate = measure(seconds, i -> load(xml));
        System.out.printf("model100\t%.2f\tms\tXML text to a runtime%n", 1000 / rate);
    }
}
