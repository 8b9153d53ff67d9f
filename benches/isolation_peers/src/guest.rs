//! A guest of wasmtime that answers what it is asked, from its own memory.

use wasmtime::{Engine, Instance, Memory, Module, Result, Store, TypedFunc, format_err};

use crate::Message;

/// Questions are put at 0. The answer is a copy of them, as compilers have bytes copied.
const TEXT: &str = r#"
    (module
      (memory (export "memory") 1)
      (func (export "answer") (param $length i32) (result i32)
        (memory.copy (i32.const 1024) (i32.const 0) (local.get $length))
        (i32.const 1024)))
"#;

pub(crate) struct Compiled {
    engine: Engine,
    module: Module,
}

impl Compiled {
    pub(crate) fn new() -> Result<Self> {
        let engine = Engine::default();
        let module = Module::new(&engine, TEXT)?;
        Ok(Self { engine, module })
    }

    pub(crate) fn instance(&self) -> Result<Guest> {
        let mut store = Store::new(&self.engine, ());
        let instance = Instance::new(&mut store, &self.module, &[])?;
        let memory = instance
            .get_memory(&mut store, "memory")
            .ok_or_else(|| format_err!("the module has a memory"))?;
        let answer = instance.get_typed_func(&mut store, "answer")?;
        Ok(Guest {
            store,
            memory,
            answer,
        })
    }
}

pub(crate) struct Guest {
    store: Store<()>,
    memory: Memory,
    answer: TypedFunc<u32, u32>,
}

impl Guest {
    pub(crate) fn ask(&mut self, question: &Message) -> Result<Message> {
        self.memory.write(&mut self.store, 0, question)?;
        let length = u32::try_from(question.len())?;
        let place = self.answer.call(&mut self.store, length)?;
        let mut answer = [0; _];
        self.memory
            .read(&self.store, usize::try_from(place)?, &mut answer)?;
        Ok(answer)
    }
}
