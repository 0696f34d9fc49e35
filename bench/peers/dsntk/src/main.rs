// dsntk_bench FOLDER SECONDS: the figures of bench/decide.c with the crates of dsntk. Best of five
// runs, one thread; the same models and inputs. JSON is read as a FEEL context, as its server does.
use dsntk_feel::context::FeelContext;
use dsntk_feel::values::Value;
use dsntk_feel::FeelScope;
use dsntk_feel_evaluator::{evaluate_context, prepare};
use dsntk_feel_parser::parse_expression;
use dsntk_model_evaluator::ModelEvaluator;
use std::fs::read_to_string;
use std::sync::Arc;
use std::time::Instant;

const RUNS: u32 = 5;

fn measure(seconds: f64, mut work: impl FnMut(usize)) -> f64 {
    let mut best: f64 = 0.0;
    for _ in 0..RUNS {
        let began = Instant::now();
        let mut calls = 0;
        while began.elapsed().as_secs_f64() < seconds / RUNS as f64 {
            for _ in 0..4 {
                work(calls);
                calls += 1;
            }
        }
        best = best.max(calls as f64 / began.elapsed().as_secs_f64());
    }
    best
}

fn load(xml: &str) -> Arc<ModelEvaluator> {
    let definitions = dsntk_model::parse(xml).expect("model");
    ModelEvaluator::new(&[definitions]).expect("evaluator")
}

fn context(text: &str) -> FeelContext {
    evaluate_context(&FeelScope::default(), text).expect("context")
}

// "day":"2025-01-02" becomes a date.
fn typed(text: &str) -> FeelContext {
    match text.find("\"day\":") {
        Some(at) => context(&format!("{}\"day\":date({})}}", &text[..at], &text[at + 6..text.len() - 1])),
        None => context(text),
    }
}

fn table(folder: &str, name: &str, seconds: f64) {
    let model = load(&read_to_string(format!("{folder}/{name}.dmn")).unwrap());
    let lines: Vec<String> = read_to_string(format!("{folder}/{name}.jsonl")).unwrap().lines().map(String::from).collect();
    let bound: Vec<FeelContext> = lines.iter().map(|l| typed(l)).collect();
    let eval = |input: &FeelContext| model.evaluate_invocable("urn:tongban:bench", "bench", "table_0", input);
    let hits = bound.iter().filter(|c| matches!(eval(c), Value::Number(_))).count();
    println!("{name}-hits\t{hits}\tof {}\tinputs with a result", bound.len());
    let rate = measure(seconds, |i| {
        eval(&bound[i % bound.len()]);
    });
    println!("{name}\t{rate:.0}\tevaluations/s\tinputs at hand as a FeelContext");
    if name == "table20" {
        let rate = measure(seconds, |i| {
            let out = eval(&context(&lines[i % lines.len()]));
            assert!(!out.to_string().is_empty());
        });
        println!("{name}-json\t{rate:.0}\tevaluations/s\ttext read as a FEEL context, result as text");
    }
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let (folder, seconds) = (&args[1], args[2].parse::<f64>().unwrap());
    table(folder, "table20", seconds);
    table(folder, "table3700", seconds);
    let text = read_to_string(format!("{folder}/if.feel")).unwrap();
    let lines: Vec<String> = read_to_string(format!("{folder}/table20.jsonl")).unwrap().lines().map(String::from).collect();
    let scopes: Vec<FeelScope> = lines.iter().map(|l| FeelScope::from(context(l))).collect();
    let evaluator = prepare(&parse_expression(&scopes[0], &text, false).expect("expression"));
    let rate = measure(seconds, |i| {
        assert!(matches!(evaluator(&scopes[i % scopes.len()]), Value::Number(_)));
    });
    println!("if-expression\t{rate:.0}\tevaluations/s\tprepared evaluator, scope at hand");
    let xml = read_to_string(format!("{folder}/model100.dmn")).unwrap();
    let rate = measure(seconds, |_| {
        load(&xml);
    });
    println!("model100\t{:.2}\tms\tXML text to a model evaluator", 1000.0 / rate);
}
