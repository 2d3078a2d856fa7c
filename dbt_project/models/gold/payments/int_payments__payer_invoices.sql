with

payment_intents as (

    select * from {{ ref('stg_payments__payment_intents') }}
    where not is_deleted

),

invoice_payments as (

    select * from {{ ref('stg_payments__invoice_payments') }}
    where not is_deleted and coalesce(status, 'open') != 'canceled'

),

candidates as (

    select
        payment_intent_id as payer_id,
        payment_intent_id as candidate_id,
        invoice_id,
        0 as preference,
        created_at
    from payment_intents

    union all

    select
        coalesce(payment_intent_id, charge_id) as payer_id,
        invoice_payment_id as candidate_id,
        invoice_id,
        case when status = 'paid' then 1 else 2 end as preference,
        created_at
    from invoice_payments

),

-- One intent can be tried for several invoices: the one it paid counts, else the first.
ranked as (

    select
        payer_id,
        invoice_id,
        row_number() over (
            partition by payer_id order by preference, created_at, candidate_id
        ) as payer_rank
    from candidates
    where payer_id is not null and invoice_id is not null

),

first_invoices as (

    select
        payer_id,
        invoice_id
    from ranked
    where payer_rank = 1

)

select * from first_invoices
